// The text of a lab document as a tree of nodes that know where they stand.
//
// Read from the parser's events, never by expanding anything: anchors, aliases, tags and a second
// document are refused, and depth and number of nodes are bounded while reading, so that a small
// text cannot become a large tree. JSON is read as what it is, a subset of YAML.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "api/control/lab/document.h"
#include "api/control/lab/problem.h"

namespace isthmus::api::lab {

struct TreeLimits {
  size_t text_bytes = 1024 * 1024;
  size_t nodes = 200'000;  // about as many as the text can hold
  size_t depth = 16;
};

// Types as the core schema of YAML 1.2 (section 10.3.2) and JSON tell them apart.
enum class NodeType : uint8_t { Null, Bool, Integer, Float, Text, List, Map };
std::string_view noun(NodeType type);  // "a number"

struct TreeNode;
struct Member;

struct TreeNode {
  NodeType type = NodeType::Null;
  Where where;
  std::string text;                // of a scalar, as written
  std::vector<TreeNode> elements;  // of a list
  std::vector<Member> members;  // of a map, in the order of the text; names are unique without case

  bool is_scalar() const { return type != NodeType::List && type != NodeType::Map; }
};

struct Member {
  std::string name;
  Where where;
  TreeNode value;
};

// The type of a plain scalar.
NodeType resolve_plain(std::string_view text);

// A name as it stands in a JSON pointer (RFC 6901 section 3).
std::string escaped_pointer(std::string_view name);

tl::expected<TreeNode, LabProblem> read_tree(std::string_view text, const TreeLimits& limits = {});

}  // namespace isthmus::api::lab
