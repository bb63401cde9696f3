package lyceum.prob;

import java.util.List;

/**
 * A statement about the variables of a {@link JointTable} that each outcome makes true or false.
 *
 * {@snippet :
 * var cards = JointTable.ofCounts(List.of("suit", "rank"), Tensor.ones(4, 13));
 * var redOrHigh = Event.is("suit", 1).or(o -> o.get("rank") > 10);
 * cards.probability(redOrHigh.not());
 * }
 */
@FunctionalInterface
public interface Event {
    boolean holds(Outcome outcome);

    /** {@code variable = value}. */
    static Event is(String variable, int value) { return o -> o.get(variable) == value; }

    /** Both. */
    default Event and(Event other) { return o -> holds(o) && other.holds(o); }

    /** At least one. */
    default Event or(Event other) { return o -> holds(o) || other.holds(o); }

    /** Its complement. */
    default Event not() { return o -> !holds(o); }

    /** What the variables are, in one outcome. It is good during the call that it is handed to, and changes afterwards. */
    final class Outcome {
        private final Variables variables;
        final int[] values;

        Outcome(Variables variables) {
            this.variables = variables;
            values = new int[variables.count()];
        }

        Outcome at(long cell) {
            variables.values(cell, values);
            return this;
        }

        /** The value of a variable, from 0. */
        public int get(String variable) { return values[variables.at(variable)]; }

        /** The value of the i-th variable, from 0. */
        public int get(int i) { return values[i]; }

        public List<String> variables() { return variables.names(); }
    }
}
