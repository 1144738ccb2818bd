// The sections of a lab document, each read by a function of its own. Private to this folder.
#pragma once

#include <map>
#include <set>

#include "api/control/lab/reader.h"

namespace isthmus::api::lab {

// What a document declares under one heading; names compare without case and print as declared.
class Names {
 public:
  void add(std::string_view name);
  const std::string* find(std::string_view name) const;
  std::string did_you_mean(std::string_view name) const;

 private:
  std::map<std::string, std::string> names_;  // without case -> as declared
};

// Collected before anything is read, so that a section may refer to one further down.
struct Declared {
  Names networks;
  Names subnets;  // "hub/dmz"
  Names route_tables;
  Names access_lists;
  Names vms;
};
Declared declared_in(const TreeNode& root);

struct Reading {
  Reader reader;
  Declared declared;
  LabDocument document;
  std::set<std::pair<std::string, std::string>> peerings;  // (from, to) of the sides read so far

  void place(const Spot& spot) { document.positions[spot.pointer] = spot.node->where; }
  void place(const Spot& spot, Where where) { document.positions[spot.pointer] = where; }
  // The declared spelling of what the node names; empty, with a problem noted, where there is none.
  std::string reference(const Spot& spot, std::string_view what, const Names& names);
  // The same for an optional member of `map`.
  std::string optional_reference(const Spot& map, std::string_view member, std::string_view what,
                                 const Names& names);
  // Calls read(name, spot, where the name stands) for each member whose name is legal.
  template <class Read>
  void each_member(const Spot& map, std::string_view what, const Read& read) {
    for (const Member& member : map.node->members) {
      const Spot spot = Reader::member(map, member);
      if (is_legal_name(member, spot, what)) read(member.name, spot, member.where);
    }
  }

 private:
  bool is_legal_name(const Member& member, const Spot& spot, std::string_view what);
};

void read_networks(Reading& reading, const Spot& section);
void read_peerings(Reading& reading, const Spot& section);
void read_routes(Reading& reading, const Spot& section);
void read_access(Reading& reading, const Spot& section);
void read_vms(Reading& reading, const Spot& section);
void read_links(Reading& reading, const Spot& section);
void read_expectations(Reading& reading, const Spot& section);

// Of the document, and of a network, which is that of its document.
void read_realm(Reading& reading, const Spot& spot);
void read_network_realm(Reading& reading, const Spot& spot);
void read_group(Reading& reading, const Spot& spot);

}  // namespace isthmus::api::lab
