package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.backend.Pooling;
import lyceum.random.Rng;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class GraphNetworkTest {

    /** Random arrows: what each of the nodes reads, in an order that is not the order of declaration. */
    private static Map<String, List<String>> acyclic(Rng rng, int n) {
        int[] place = rng.permutation(n);
        var reads = new TreeMap<String, List<String>>();
        for (int i = 0; i < n; i++) {
            var from = new ArrayList<String>();
            for (int j = 0; j < i; j++) if (rng.nextInt(3) == 0) from.add("n" + place[j]);
            if (from.isEmpty()) from.add("x");
            reads.put("n" + place[i], from);
        }
        return reads;
    }

    private static GraphNetwork.Builder drawn(Map<String, List<String>> reads, List<String> log) {
        var builder = GraphNetwork.from("x");
        reads.forEach((name, from) -> builder.join(name, branches -> {
            log.add(name);
            return Join.sum().of(branches).mul(0.5).add(name.hashCode() % 7);
        }, from.toArray(String[]::new)));
        return builder;
    }

    @Acceptance(topic = "feedforward-network", clause = 1)
    @Test void cyclesAreNamedAndOtherWiringsRunInOrder() {
        int named = 0, ordered = 0, equal = 0;
        for (int trial = 0; trial < 100; trial++) {
            var rng = Rng.of(1000 + trial);
            var reads = acyclic(rng, 4 + rng.nextInt(9));
            var names = List.copyOf(reads.keySet());
            var log = new ArrayList<String>();
            var sinks = new HashSet<>(names);
            reads.values().forEach(sinks::removeAll);
            var net = drawn(reads, log).build(sinks.toArray(String[]::new));
            var found = net.forward(Map.of("x", Tensor.ones(DType.F64, 2)), Pass.inference());
            boolean inOrder = log.size() == names.size() && new HashSet<>(log).size() == names.size() && log.equals(net.order());
            for (var name : names)
                for (var from : reads.get(name)) if (!from.equals("x") && log.indexOf(from) >= log.indexOf(name)) inOrder = false;
            if (inOrder) ordered++;
            boolean same = true;
            for (var sink : sinks) same &= Math.abs(found.get(sink).item(0) - value(sink, reads, new HashMap<>())) < 1e-9;
            if (same) equal++;

            // An arrow back, from a node to one that it is computed from.
            var back = new HashMap<>(reads);
            String late = names.get(rng.nextInt(names.size())), early = ancestor(late, reads, rng);
            var more = new ArrayList<>(back.get(early));
            more.add(late);
            back.put(early, more);
            try {
                drawn(back, new ArrayList<>()).build(sinks.toArray(String[]::new));
            } catch (IllegalArgumentException e) {
                if (isCircle(e.getMessage(), back)) named++;
            }
        }
        Evidence.of("planted cycles that are refused and named by their arrows", named, exactly(100));
        Evidence.of("acyclic wirings that run each node once, after all it reads", ordered, exactly(100));
        Evidence.of("acyclic wirings whose values are those of the recursion", equal, exactly(100));
    }

    private static String ancestor(String at, Map<String, List<String>> reads, Rng rng) {
        while (true) {
            var from = reads.get(at).get(rng.nextInt(reads.get(at).size()));
            if (from.equals("x") || rng.nextInt(3) == 0) return at;
            at = from;
        }
    }

    private static double value(String name, Map<String, List<String>> reads, Map<String, Double> known) {
        if (name.equals("x")) return 1;
        if (known.containsKey(name)) return known.get(name);
        double sum = 0;
        for (var from : reads.get(name)) sum += value(from, reads, known);
        known.put(name, 0.5 * sum + name.hashCode() % 7);
        return known.get(name);
    }

    private static boolean isCircle(String message, Map<String, List<String>> reads) {
        int at = message.indexOf("circle: ");
        if (at < 0) return false;
        var steps = message.substring(at + 8).split(" -> ");
        if (steps.length < 2 || !steps[0].equals(steps[steps.length - 1])) return false;
        for (int i = 0; i + 1 < steps.length; i++) if (!reads.get(steps[i + 1]).contains(steps[i])) return false;
        return true;
    }

    /** A cell that remembers: h = tanh(x + h / 2) from call to call. */
    private static final class Remembering extends Module {
        private Tensor state;

        @Override protected Tensor compute(Tensor x, Pass pass) {
            state = (state == null ? x : x.add(state.mul(0.5))).tanh().detach();
            return state;
        }
    }

    @Acceptance(topic = "feedforward-network", clause = 2)
    @Test void nothingIsCarriedFromCallToCall() {
        long differ = 0;
        int networks = 0, rows = 0;
        for (var spec : List.of("linear(6,9) tanh linear(9,4)", "linear(6,8) res{linear(8,8) relu linear(8,8)} norm(8)",
                "cat{linear(6,5)|linear(6,4) gelu} linear(9,3)", "linear(6,7) batch1(7) relu linear(7,2)",
                "res{norm(6) linear(6,17) gelu linear(17,6)}")) {
            for (int n : new int[] {2, 7, 33}) {
                var net = Specs.sequence(spec, Rng.of(n));
                differ += differing(net, n);
                networks++;
                rows += n;
            }
            var graph = GraphNetwork.from("x").node("a", Specs.sequence(spec, Rng.of(1)), "x").join("b", Join.product(), "a", "a")
                    .build("b");
            differ += differing(graph, 19);
        }
        Evidence.of("networks", networks, exactly(15));
        Evidence.of("rows that differ in a bit from the first call", differ, exactly(0));
        Evidence.of("rows in which a network with memory differs", differing(new Remembering(), 33), above(0));
    }

    /** Rows that differ when called again, and in a batch of another order. */
    private static long differing(Module net, int n) {
        var x = Tensor.randn(Rng.of(50 + n), DType.F32, n, 6).compute();
        int[] order = Rng.of(60 + n).permutation(n);
        double[][] first = net.forward(x).toRows(), again = net.forward(x).toRows(), mixed = net.forward(x.rows(order)).toRows();
        long differ = 0;
        for (int i = 0; i < n; i++) {
            if (!Arrays.equals(first[i], again[i])) differ++;
            if (!Arrays.equals(first[order[i]], mixed[i])) differ++;
        }
        return differ;
    }

    private static Conv2d conv(int in, int out, int kernel) {
        return new Conv2d(in, out, new int[] {kernel}, new Convolution().withPadding(kernel / 2), true, DType.F64, null, Rng.of(0));
    }

    @Acceptance(topic = "feedforward-network", clause = 3)
    @Test void aBlockOfFourBranchesEqualsPyTorch() {
        var gap = Gap.relativeBeyondOne();
        var cases = Golden.load("golden/feedforward-network.json").cases("branches");
        for (var c : cases) {
            int[] n = c.ints("input.sizes");
            var block = GraphNetwork.from("x").join("y", Join.concat(1), "a", "b", "c", "d").node("one", conv(3, n[0], 1), "x")
                    .node("a", Activation.RELU, "one").node("three1", conv(3, n[1], 1), "x").node("b1", Activation.RELU, "three1")
                    .node("three2", conv(n[1], n[2], 3), "b1").node("b", Activation.RELU, "three2").node("five1", conv(3, n[3], 1), "x")
                    .node("c1", Activation.RELU, "five1").node("five2", conv(n[3], n[4], 5), "c1").node("c", Activation.RELU, "five2")
                    .node("pool1", new MaxPool2d(new Pooling(3).withStride(1).withPadding(1)), "x").node("pool2", conv(3, n[5], 1), "pool1")
                    .node("d", Activation.RELU, "pool2").build("y");
            var twin = new Twin((long) c.number("input.seed"));
            twin.fill(block);
            var x = twin.draw(2, 3, 7, 7).requiresGrad();
            twin.compare(gap, c, block.parameters(), List.of(x), List.of(block.forward(x)));
        }
        Evidence.of("blocks", cases.size(), atLeast(3));
        Evidence.of("largest gap of outputs and gradients", gap, below(1e-5));
    }

    @Acceptance(topic = "feedforward-network", clause = 4)
    @Test void inferredShapesAreTheRealOnes() {
        int equal = 0, nodes = 0;
        for (int trial = 0; trial < 200; trial++) {
            var rng = Rng.of(3000 + trial);
            boolean picture = trial % 2 == 0;
            int batch = 1 + rng.nextInt(4), width = 1 + rng.nextInt(6), side = 5 + rng.nextInt(6);
            var input = picture ? new long[] {batch, width, side, side} : new long[] {batch, width};
            var builder = GraphNetwork.from("x");
            var last = "x";
            int depth = 1 + rng.nextInt(5);
            for (int i = 0; i < depth; i++) {
                int next = 1 + rng.nextInt(6);
                var name = "n" + i;
                switch (rng.nextInt(4)) {
                    case 0 -> builder.node(name, Activation.TANH, last);
                    case 1 -> {
                        builder.node(name + "a", step(picture, width, next, 1, rng), last).node(name + "b", step(picture, width, 2, 1, rng),
                                last);
                        builder.join(name, Join.concat(1), name + "a", name + "b");
                        width = next + 2;
                    }
                    case 2 -> builder.node(name, new Residual(step(picture, width, width, 1, rng)), last);
                    default -> {
                        builder.node(name, step(picture, width, next, 1 + rng.nextInt(2), rng), last);
                        width = next;
                    }
                }
                last = name;
            }
            var net = builder.build(last);
            var x = Tensor.randn(rng, DType.F32, input).compute();
            var hooks = Hooks.of(net);
            var seen = hooks.capture("*");
            var y = net.forward(x, Pass.inference().with(hooks));
            var inferred = net.shapes(DType.F32, Shape.of(input));
            boolean same = y.shape().equals(net.outputShape(DType.F32, input)) && inferred.get(last).equals(y.shape())
                    && inferred.size() == net.order().size() + 1;
            for (var name : net.order()) {
                same &= seen.containsKey(name) && inferred.get(name).equals(seen.get(name).shape());
                nodes++;
            }
            if (same) equal++;
        }
        Evidence.of("random stacks whose inferred shapes are the real ones at every node", equal, exactly(200));
        Evidence.of("nodes", nodes, atLeast(600));
    }

    private static Layer step(boolean picture, int in, int out, int stride, Rng rng) {
        return picture ? new Conv2d(in, out, 3, new Convolution().withPadding(1).withStride(stride), rng) : new Linear(in, out, rng);
    }

    @Test void whatDoesNotFitIsRefused() {
        var layer = new Linear(3, 3, Rng.of(1));
        assertThatThrownBy(() -> GraphNetwork.from("x").node("a", layer, "b").build("a"))
                .hasMessageContaining("a reads b, which does not exist");
        assertThatThrownBy(() -> GraphNetwork.from("x").node("a", layer, "x").node("a", layer, "x"))
                .hasMessageContaining("the name a is taken");
        assertThatThrownBy(() -> GraphNetwork.from("x").node("a", layer, "x").node("b", layer, "x").build("a"))
                .hasMessageContaining("[b] lead to no output");
        assertThatThrownBy(() -> GraphNetwork.from("x").node("a", layer, "a").build("a")).hasMessageContaining("a -> a");
        assertThatThrownBy(() -> Join.sum().of(List.of(Tensor.ones(2, 1), Tensor.ones(2)))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("nothing is broadcast");
        var two = GraphNetwork.from("x", "z").join("y", Join.sum(), "x", "z").build("y");
        assertThatThrownBy(() -> two.forward(Tensor.ones(2))).isInstanceOf(ShapeException.class);
        assertThat(two.forward(Map.of("x", Tensor.ones(2), "z", Tensor.ones(2)), Pass.inference()).get("y").toDoubleArray())
                .containsExactly(2, 2);
        var copy = Module.copy(GraphNetwork.from("x").node("a", layer, "x").build("a"));
        assertThat(copy.parameters().keySet()).containsExactly("a.weight", "a.bias");
        Autograd.noGrad(() -> copy.parameters().values().forEach(p -> p.copy_(p.zerosLike())));
        assertThat(copy.forward(Tensor.ones(1, 3)).toDoubleArray()).containsExactly(0, 0, 0);
    }
}
