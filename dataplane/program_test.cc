#include "dataplane/program.h"

#include <gtest/gtest.h>

#include "tests/support/random_program.h"

namespace isthmus::dataplane {
namespace {

net::Prefix prefix(const char* text) { return net::Prefix::parse(text).value(); }

class ProgramLaw : public testing::TestWithParam<uint64_t> {};

TEST_P(ProgramLaw, ApplyingTheDifferenceGivesTheTarget) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  test::RandomProgram random(GetParam());
  const ForwardingProgram from = random.program();
  ForwardingProgram near = from;  // a few changes away
  random.change(near, 5);
  for (const ForwardingProgram& to : {random.program(), near, from, ForwardingProgram{}}) {
    ForwardingProgram changed = from;
    const ProgramDelta delta = diff(from, to);
    apply(changed, delta);
    EXPECT_EQ(changed, to);
    EXPECT_EQ(delta.empty(), from == to);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ProgramLaw, testing::Range<uint64_t>(1, 201));

TEST(Program, DifferenceNamesOnlyWhatChanged) {
  const TableKey table{DomainId{1}, 0};
  const Action deliver{Action::Kind::Deliver, DomainId{1}, {}};
  const Action none{Action::Kind::None, DomainId{}, {}};
  ForwardingProgram from;
  from.tables[table] = {{prefix("10.0.0.0/24"), deliver}, {prefix("10.0.1.0/24"), deliver}};
  ForwardingProgram to = from;
  to.tables[table][prefix("10.0.1.0/24")] = none;
  to.tables[table].erase(prefix("10.0.0.0/24"));
  const ProgramDelta delta = diff(from, to);
  EXPECT_TRUE(delta.tables.empty());
  EXPECT_EQ(delta.routes,
            (std::vector<ProgramDelta::RouteChange>{{table, prefix("10.0.0.0/24"), std::nullopt},
                                                    {table, prefix("10.0.1.0/24"), none}}));
}

TEST(Program, RemovingATableTakesItsRoutesWithoutNamingThem) {
  const TableKey table{DomainId{1}, 0};
  ForwardingProgram from;
  from.tables[table] = {{prefix("10.0.0.0/24"), Action{}}};
  const ProgramDelta delta = diff(from, {});
  EXPECT_EQ(delta.tables, (std::vector<std::pair<TableKey, bool>>{{table, false}}));
  EXPECT_TRUE(delta.routes.empty());
  apply(from, delta);
  EXPECT_EQ(from, ForwardingProgram{});
}

TEST(Program, EmptyTableIsDifferentFromNoTable) {
  ForwardingProgram to;
  to.tables[{DomainId{1}, 0}];
  ForwardingProgram program;
  apply(program, diff(program, to));
  EXPECT_EQ(program, to);
}

TEST(Program, RemovingWhatIsAbsentChangesNothing) {
  ForwardingProgram program;
  ProgramDelta delta;
  delta.tables = {{{DomainId{1}, 0}, false}};
  delta.policies = {{{DomainId{1}, DomainId{2}}, std::nullopt}};
  delta.ports = {{PortId{1}, std::nullopt}};
  apply(program, delta);
  EXPECT_EQ(program, ForwardingProgram{});
}

}  // namespace
}  // namespace isthmus::dataplane
