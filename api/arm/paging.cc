#include "api/arm/paging.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/hex.hpp>
#include <iterator>

#include "api/arm/answers.h"
#include "api/http/target.h"
#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

constexpr std::string_view kSkipToken = "$skiptoken";

// In hexadecimal, so that nobody reads it or has to escape it.
std::string token_of(const ResourceId& last) {
  std::string token;
  boost::algorithm::hex_lower(last.path(), std::back_inserter(token));
  return token;
}

Result<ResourceId> read_token(std::string_view token, const Listing& listing) {
  std::string path;
  try {
    boost::algorithm::unhex(token, std::back_inserter(path));
  } catch (const boost::algorithm::hex_decode_error&) {
    path.clear();
  }
  auto id = ResourceId::parse(path, Realm::Azure);
  const bool is_of_list =
      id && listing.below.contains(*id) &&
      std::find(listing.kinds.begin(), listing.kinds.end(), id->kind()) != listing.kinds.end();
  if (is_of_list) return id;
  return fail(ErrorCode::InvalidParameterValue, std::string(kSkipToken),
              fmt::format("{} is not a token of this list.", in_quotes(token)),
              "Follow nextLink as it is.");
}

// The request again, with this token in the place of its own.
std::string link_to_next(const http::Request& request, const std::string& token) {
  const auto parts = http::split_target(request.target);
  std::string link = origin(request) + std::string(parts ? parts->path : request.path()) + "?";
  std::string_view query = parts ? parts->query : std::string_view();
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    const auto decoded = http::decode_query(parameter);
    const bool is_token =
        !decoded || decoded->empty() || http::equal_without_case(decoded->front().name, kSkipToken);
    if (!is_token) link.append(parameter).append("&");
  }
  return link + "%24skiptoken=" + token;
}

}  // namespace

Result<Page> read_page(const Model& model, const Listing& listing, const http::Request& request,
                       size_t page_items) {
  ResourceId last;
  if (const auto token = request.parameter(kSkipToken)) {
    auto named = read_token(*token, listing);
    if (!named) return tl::unexpected(std::move(named.error()));
    last = std::move(*named);
  }
  Page page;
  for (const Kind kind : listing.kinds) {
    if (kind < last.kind()) continue;
    const auto& all = model.collection(kind);
    for (auto it = all.lower_bound(kind == last.kind() ? last : listing.below); it != all.end();
         ++it) {
      const Resource& resource = **it;
      if (resource.id == last) continue;
      if (!listing.below.contains(resource.id)) break;
      if (listing.holds && !listing.holds(resource)) continue;
      if (page.items.size() == page_items) {
        page.next_link = link_to_next(request, token_of(page.items.back()->id));
        return page;
      }
      page.items.push_back(&resource);
    }
  }
  return page;
}

}  // namespace isthmus::api::arm
