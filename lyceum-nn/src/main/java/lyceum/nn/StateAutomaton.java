package lyceum.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.function.ToIntFunction;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * A finite automaton: what is left of a recurrent network when its states are counted instead of measured. State 0 is the start.
 *
 * {@snippet :
 * var automaton = StateAutomaton.extract(rnn, List.of(zero, one), h -> classOf(h), 2, 1000).minimised();
 * automaton.run(1, 0, 1, 1);                // the label after that string
 * }
 *
 * @param next of each state, by symbol
 * @param label of each state
 * @see <a href="https://doi.org/10.1016/0893-6080(95)00086-0">Omlin and Giles (1996) for the quantising</a>
 */
public record StateAutomaton(int[][] next, int[] label) {
    public StateAutomaton {
        if (next.length == 0 || next.length != label.length)
            throw new IllegalArgumentException("StateAutomaton: " + next.length + " states and " + label.length + " labels");
        for (int[] row : next)
            for (int s : row) if (s < 0 || s >= next.length) throw new IllegalArgumentException("StateAutomaton: no state " + s);
    }

    /**
     * Walks a network's states breadth first: a state that falls into the same cell of a grid as an earlier one is taken for it.
     *
     * @param symbols each (inputs)
     * @param label of an output (units)
     * @param levels into which the range [-1, 1] of each unit is cut, at least 2
     * @param most states before it gives up
     * @throws IllegalArgumentException if there are more states than {@code most}
     */
    public static StateAutomaton extract(Rnn network, List<Tensor> symbols, ToIntFunction<Tensor> label, int levels, int most) {
        if (levels < 2) throw new IllegalArgumentException("extract: " + levels + " levels; at least 2");
        return Autograd.noGrad(() -> {
            var numbers = new HashMap<List<Integer>, Integer>();
            var states = new ArrayList<RecurrentState>();
            var labels = new ArrayList<Integer>();
            var next = new ArrayList<int[]>();
            var start = network.initial(1);
            numbers.put(cell(start, levels), 0);
            states.add(start);
            labels.add(label.applyAsInt(network.last(start).get(0)));
            for (int s = 0; s < states.size(); s++) {
                var row = new int[symbols.size()];
                for (int a = 0; a < row.length; a++) {
                    var after = network.step(symbols.get(a).unsqueeze(0), states.get(s), Pass.inference());
                    var found = numbers.putIfAbsent(cell(after.state(), levels), states.size());
                    row[a] = found == null ? states.size() : found;
                    if (found != null) continue;
                    if (states.size() == most) throw new IllegalArgumentException(
                            "extract: more than " + most + " states; fewer levels, or a network that has learnt the task better");
                    states.add(after.state());
                    labels.add(label.applyAsInt(after.outputs().get(0)));
                }
                next.add(row);
            }
            return new StateAutomaton(next.toArray(int[][]::new), labels.stream().mapToInt(i -> i).toArray());
        });
    }

    private static List<Integer> cell(RecurrentState state, int levels) {
        var cell = new ArrayList<Integer>();
        for (var t : state.tensors().values())
            for (double v : t.toDoubleArray()) cell.add(Math.clamp((int) Math.floor((v + 1) / 2 * levels), 0, levels - 1));
        return cell;
    }

    /** States. */
    public int size() { return label.length; }

    /** The state after a string. */
    public int stateAfter(int... symbols) {
        int s = 0;
        for (int a : symbols) s = next[s][a];
        return s;
    }

    /** The label after a string. */
    public int run(int... symbols) { return label[stateAfter(symbols)]; }

    /** The smallest automaton that says the same of every string: what no string tells apart is merged (Moore 1956). */
    public StateAutomaton minimised() {
        int[] group = label.clone();
        for (int groups = -1;;) {
            var seen = new HashMap<List<Integer>, Integer>();
            var refined = new int[size()];
            for (int s = 0; s < size(); s++) {
                var key = new ArrayList<>(List.of(group[s]));
                for (int t : next[s]) key.add(group[t]);
                refined[s] = seen.computeIfAbsent(key, k -> seen.size());
            }
            group = refined;
            if (seen.size() == groups) break;
            groups = seen.size();
        }
        int n = Arrays.stream(group).max().orElseThrow() + 1;
        var rows = new int[n][];
        var labels = new int[n];
        for (int s = size() - 1; s >= 0; s--) {
            rows[group[s]] = new int[next[s].length];
            for (int a = 0; a < next[s].length; a++) rows[group[s]][a] = group[next[s][a]];
            labels[group[s]] = label[s];
        }
        return new StateAutomaton(rows, labels);
    }
}
