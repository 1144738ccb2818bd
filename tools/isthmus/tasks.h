// The commands that are not a verb on a noun, as a table: their words, their options, what runs.
#pragma once

#include <chrono>
#include <iosfwd>
#include <span>
#include <string_view>

#include "tools/isthmus/api.h"
#include "tools/isthmus/nouns.h"
#include "tools/isthmus/output.h"
#include "tools/isthmus/realm.h"
#include "tools/isthmus/resource.h"

namespace isthmus::cli {

// What a command works with.
struct Session {
  Api& api;
  Output& output;     // data
  std::ostream& err;  // everything else
  Realm realm = Realm::Onprem;
};

struct Task {
  std::string_view word;   // "lab up" is below "lab", whose row comes before and runs nothing
  std::string_view alias;  // another word for the same; may be empty
  std::string_view help;
  std::span<const Option> options;
  Result<void> (*run)(Session&, const Arguments&);
};

std::span<const Task> tasks();

// The arguments with the subscription where their names are, asked from the server unless they have
// its id already. Names on-prem are in none.
Result<Arguments> located(Session& session, const Arguments& arguments);  // subscription.cc

// "500ms", "30s", "2m"; a number alone is in seconds.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);  // wait.cc

// What NIC names, "web1" or its path, as the server knows it.
Result<std::string> reference_of_nic(Session& session, const Arguments& arguments);  // flows.cc
// What is wrong where packets are asked for and there are none.
Problem forwards_nothing();  // flows.cc

// A file, or "-" for the standard input.
Result<std::string> read_document(const std::string& file);  // lab.cc

// Makes the server hold what a document says, and sums up what that changed.
Result<Reply> apply_document(Session& session, std::string document,
                             const std::string& query);  // lab.cc

// Each in the file that its name says.
Result<void> explain(Session& session, const Arguments& arguments);            // explain.cc
Result<void> show_routes(Session& session, const Arguments& arguments);        // routes.cc
Result<void> apply_lab(Session& session, const Arguments& arguments);          // lab.cc
Result<void> export_lab(Session& session, const Arguments& arguments);         // lab.cc
Result<void> test_labs(Session& session, const Arguments& arguments);          // expectations.cc
Result<void> reset(Session& session, const Arguments& arguments);              // lab.cc
Result<void> host_faults(Session& session, const Arguments& arguments);        // host_faults.cc
Result<void> snapshots(Session& session, const Arguments& arguments);          // snapshots.cc
Result<void> what_if(Session& session, const Arguments& arguments);            // whatif.cc
Result<void> journal(Session& session, const Arguments& arguments);            // journal.cc
Result<void> follow_events(Session& session, const Arguments& arguments);      // journal.cc
Result<void> show_or_set_clock(Session& session, const Arguments& arguments);  // clock.cc
Result<void> wait_for(Session& session, const Arguments& arguments);           // wait.cc
Result<void> run_bench(Session& session, const Arguments& arguments);          // bench.cc
Result<void> show_version(Session& session, const Arguments& arguments);       // tasks.cc
Result<void> tokens(Session& session, const Arguments& arguments);             // tokens.cc
Result<void> faults(Session& session, const Arguments& arguments);             // faults.cc
Result<void> show_requests(Session& session, const Arguments& arguments);      // requests.cc
Result<void> show_environment(Session& session, const Arguments& arguments);   // env.cc
Result<void> az(Session& session, const Arguments& arguments);                 // az_setup.cc
Result<void> print_completion(Session& session, const Arguments& arguments);   // completion.cc
Result<void> print_manual(Session& session, const Arguments& arguments);       // manual.cc

// Of packets as they go.
Result<void> lab_up(Session& session, const Arguments& arguments);       // lab/up_down.cc
Result<void> lab_down(Session& session, const Arguments& arguments);     // lab/up_down.cc
Result<void> lab_status(Session& session, const Arguments& arguments);   // lab/up_down.cc
Result<void> lab_exec(Session& session, const Arguments& arguments);     // lab/exec.cc
Result<void> lab_attach(Session& session, const Arguments& arguments);   // lab/attach.cc
Result<void> lab_detach(Session& session, const Arguments& arguments);   // lab/attach.cc
Result<void> lab_ping(Session& session, const Arguments& arguments);     // lab/ping.cc
Result<void> lab_bench(Session& session, const Arguments& arguments);    // lab/bench.cc
Result<void> lab_capture(Session& session, const Arguments& arguments);  // lab/capture.cc
Result<void> lab_replay(Session& session, const Arguments& arguments);   // lab/replay.cc
Result<void> lab_doctor(Session& session, const Arguments& arguments);   // lab/doctor.cc
Result<void> show_flows(Session& session, const Arguments& arguments);   // flows.cc
Result<void> top(Session& session, const Arguments& arguments);          // top.cc

}  // namespace isthmus::cli
