#include "api/config/manual.h"

#include <fmt/format.h>

#include "api/config/options.h"
#include "api/config/roff.h"

namespace isthmus::api::config {

std::string manual() {
  Roff roff("isthmusd", 8);
  roff.section("NAME").text("isthmusd - a software-defined network controller on one machine");
  roff.section("SYNOPSIS").bold("isthmusd [options]");
  roff.section("DESCRIPTION");
  roff.text(
      "isthmusd serves the API of an on-premises SDN network controller over a dataplane of its "
      "own. It runs in the foreground, logs to the standard error stream, and stops in order on "
      "SIGTERM and SIGINT.");
  roff.text(
      "Each option is a flag, an environment variable or a key of a YAML file. A flag beats the "
      "environment, and the environment beats the file.");
  roff.section("OPTIONS");
  const Config defaults;
  for (const Option& option : options()) {
    const std::string value = option.print(defaults);
    roff.entry(fmt::format("--{}", option.name), option.value,
               fmt::format("{}. It is {}{}. In the environment: {}", option.help, option.legal,
                           value.empty() ? "" : fmt::format("; {} by default", value),
                           environment_name(option)));
  }
  roff.entry("--config", "FILE",
             "read options from a YAML file. In the environment: ISTHMUS_CONFIG");
  roff.entry("--print-config", "",
             "print every option with its value and where it comes from, and exit");
  roff.entry("--help, --version", "", "print that, and exit");
  roff.section("EXIT STATUS");
  roff.entry("0", "", "it was told to stop, and has");
  roff.entry("1", "", "it cannot run; one line on the standard error stream says why");
  roff.entry("2", "", "an option is not known, or its value is wrong");
  roff.section("EXAMPLES");
  roff.example("isthmusd --state lab.db --listen 127.0.0.1:8181");
  roff.section("SEE ALSO").bold("isthmus(1)");
  return roff.page();
}

}  // namespace isthmus::api::config
