// What the server answers by itself instead of asking the handler, beside the guard's rules.
#pragma once

#include <string_view>

namespace isthmus::api::http {

struct Refusal {
  int status;
  std::string_view code;
  std::string_view message;
};

// What arrives is not what the header promised, or is no HTTP.
constexpr Refusal kMalformed{400, "MalformedRequest",
                             "This is not a well-formed HTTP/1.1 request."};
constexpr Refusal kMalformedBody{400, "MalformedFraming", "The chunked body is not well-formed."};
constexpr Refusal kMalformedTarget{
    400, "MalformedTarget",
    "The request target has a bad percent-escape, text that is not UTF-8, a '..' segment, or an "
    "encoded '/', '\\' or control character."};
// It is more than the limits allow.
constexpr Refusal kTargetTooLong{414, "TargetTooLong",
                                 "The request target is longer than this server takes."};
constexpr Refusal kHeaderTooLarge{431, "HeaderTooLarge",
                                  "The header fields are longer than this server takes."};
constexpr Refusal kBodyTooLarge{413, "BodyTooLarge", "The body is longer than this server takes."};
constexpr Refusal kTooManyConnections{
    503, "TooManyConnections", "The server has as many connections as it takes; try again later."};
constexpr Refusal kTooManyOfAddress{
    503, "TooManyConnections",
    "The server has as many connections from your address as it takes from one."};
// It takes too long.
constexpr Refusal kHeaderTimeout{408, "RequestTimeout",
                                 "The request header did not arrive in time."};
constexpr Refusal kBodyTimeout{408, "RequestTimeout", "The request body did not arrive in time."};
constexpr Refusal kBodyTooSlow{408, "RequestTimeout", "The request body arrives too slowly."};
constexpr Refusal kHandlerTimeout{
    503, "RequestTimeout",
    "The request was not answered in time; whether it took effect is unknown."};
// The server cannot.
constexpr Refusal kStopping{503, "ServerStopping", "The server is stopping."};
constexpr Refusal kNoMemory{503, "OutOfMemory",
                            "The server has no memory left for this request; try again later."};
constexpr Refusal kInternalError{500, "InternalServerError", "The request could not be answered."};

}  // namespace isthmus::api::http
