package lyceum.backend.vector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import lyceum.backend.math.Tape.Kind;
import lyceum.backend.math.Tape.Step;

/**
 * The steps of a tape without its slow path, in an order that suits loops: all look-ups by an index together, as soon as the first is needed, else each
 * would part a loop in two.
 *
 * @param guards the masks of the elements that the slow path should have served
 */
record StepOrder(List<Step> steps, int result, List<Integer> guards) {

    static StepOrder of(List<Step> tape) {
        int n = tape.size();
        var same = new int[n]; // a choice between slow and fast is the fast value
        var guards = new TreeSet<Integer>();
        for (int s = 0; s < n; s++) {
            var step = tape.get(s);
            boolean joins = step.kind() == Kind.SELECT && step.guard() < 0 && tape.get(step.operands().get(1)).guard() >= 0;
            same[s] = joins ? same[step.operands().get(2)] : s;
            if (step.guard() >= 0) guards.add(step.guard());
        }
        var place = new int[n];
        Arrays.fill(place, -1);
        var order = new ArrayList<Integer>();
        for (int s = 0; s < n; s++) {
            var step = tape.get(s);
            if (step.guard() >= 0 || same[s] != s || step.kind() == Kind.LOOKUP) continue;
            boolean waits = step.operands().stream().anyMatch(o -> place[same[o]] < 0);
            for (int k = 0; waits && k < n; k++) {
                var other = tape.get(k);
                if (other.kind() == Kind.LOOKUP && other.guard() < 0 && place[k] < 0 && place[same[other.operands().getFirst()]] >= 0)
                    place(order, place, k);
            }
            place(order, place, s);
        }
        var steps = order.stream().map(tape::get).map(step -> new Step(step.kind(), step.wide(),
                step.operands().stream().map(o -> place[same[o]]).toList(), step.bits(), step.table(), -1));
        return new StepOrder(steps.toList(), place[same[n - 1]], guards.stream().map(g -> place[same[g]]).toList());
    }

    private static void place(List<Integer> order, int[] place, int step) {
        place[step] = order.size();
        order.add(step);
    }
}
