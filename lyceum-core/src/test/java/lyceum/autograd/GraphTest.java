package lyceum.autograd;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.autograd.Graph.Call;
import lyceum.autograd.Graph.Constant;
import lyceum.autograd.Graph.Input;
import lyceum.autograd.Graph.Node;
import lyceum.backend.Op;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.ElementwiseOp;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class GraphTest {
    private static final String TOPIC = "computational-graph";
    private static final int GRAPHS = 300;

    private static Graph graph(int seed, DType type) {
        return Graph.trace(RandomFunction.of(seed, type), RandomFunction.inputs(seed, type));
    }

    private static Tensor[] others(int seed, DType type) { return RandomFunction.inputs(seed + 5000, type); }

    private static void see(Gap gap, Tensor[] actual, Tensor[] expected, String what) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) gap.see(what, actual[i].toDoubleArray(), expected[i].toDoubleArray());
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void replayEqualsEagerEvaluationBitForBitOnNewInputs() {
        var gap = Gap.overLargest();
        for (int seed = 0; seed < GRAPHS; seed++) {
            var type = RandomFunction.type(seed);
            var graph = graph(seed, type);
            var inputs = others(seed, type);
            var eager = RandomFunction.of(seed, type).apply(inputs);
            see(gap, graph.run(inputs), eager, "seed " + seed);
            see(gap, graph.runParallel(inputs), eager, "in parallel, seed " + seed);
        }
        Evidence.of("graphs", GRAPHS, exactly(300));
        Evidence.of("replay against eager", gap, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void afterThePassesValuesAgree() {
        var gap = Gap.overLargest();
        for (int seed = 0; seed < GRAPHS; seed++) {
            var type = RandomFunction.type(seed);
            var inputs = others(seed, type);
            var eager = RandomFunction.of(seed, type).apply(inputs);
            var simplified = graph(seed, type).simplified();
            see(gap, simplified.run(inputs), eager, "seed " + seed);
            see(gap, simplified.plan().run(inputs), eager, "planned, seed " + seed);
        }
        Evidence.of("after the passes against eager", gap, atMost(1e-6));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void everyNodeStandsAfterItsOperandsWhateverOrderTheyWereGivenIn() {
        var gap = Gap.overLargest();
        int edges = 0, backwards = 0;
        for (int seed = 0; seed < GRAPHS; seed++) {
            var type = RandomFunction.type(seed);
            var graph = graph(seed, type);
            var mixed = new ArrayList<>(graph.nodes());
            Collections.shuffle(mixed, new Random(seed));
            var again = Graph.of(mixed, graph.outputs());
            for (var g : List.of(graph, again, graph.gradient())) {
                for (var node : g.nodes()) for (int operand : node.operands()) {
                    edges++;
                    if (operand >= node.id()) backwards++;
                }
            }
            assertThat(again.nodes()).hasSameSizeAs(graph.nodes());
            var byName = others(seed, type);
            var arguments = again.inputs().stream().map(id -> byName[((Input) again.node(id)).name().charAt(1) - '0'])
                    .toArray(Tensor[]::new);
            see(gap, again.run(arguments), graph.run(byName), "seed " + seed);
        }
        Evidence.of("edges", edges, above(GRAPHS));
        Evidence.of("edges that run backwards", backwards, exactly(0));
        Evidence.of("values in another order", gap, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void plantedCyclesAreRejectedByName() {
        int planted = 0;
        for (int seed = 0; seed < GRAPHS; seed++) {
            var graph = graph(seed, DType.F64);
            var nodes = new ArrayList<>(graph.nodes());
            // The output depends on this call; let the call read the output.
            var calls = nodes.stream().filter(n -> n instanceof Call && reaches(graph, n.id())).toList();
            var victim = (Call) calls.get(Rng.of(seed).nextInt(calls.size()));
            var operands = new ArrayList<>(victim.operands());
            operands.set(0, graph.outputs().getFirst());
            nodes.set(victim.id(), new Call(victim.id(), victim.operation(), operands, victim.dtype(), victim.shape()));
            assertThatThrownBy(() -> Graph.of(nodes, graph.outputs())).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("circle").hasMessageContaining(" -> ");
            planted++;
        }
        Evidence.of("planted cycles that were rejected", planted, exactly(GRAPHS));
    }

    private static boolean reaches(Graph graph, int id) {
        var reached = new boolean[graph.nodes().size()];
        reached[id] = true;
        for (var node : graph.nodes()) for (int operand : node.operands()) reached[node.id()] |= reached[operand];
        return reached[graph.outputs().getFirst()];
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void passesRemoveExactlyThePlantedDuplicatesAndDeadNodes() {
        int removed = 0, exchanged = 0;
        for (int seed = 0; seed < GRAPHS; seed++) {
            var clean = graph(seed, DType.F64).simplified();
            var rng = Rng.of(seed);
            var nodes = new ArrayList<Node>(clean.nodes());
            int next = 1000;
            for (int i = 0; i < 5; i++) { // a duplicate, read by one of the original's readers
                var readers = clean.readers();
                var calls = clean.nodes().stream().filter(n -> n instanceof Call && !readers.get(n.id()).isEmpty()).toList();
                var original = (Call) calls.get(rng.nextInt(calls.size()));
                int id = next++;
                // What commutes is the same with its operands exchanged.
                var operands = original.operation().commutes() && i % 2 == 0 ? original.operands().reversed() : original.operands();
                if (!operands.equals(original.operands())) exchanged++;
                nodes.add(nodes.indexOf(nodes.stream().filter(n -> n.id() == original.id()).findFirst().orElseThrow()) + 1,
                        new Call(id, original.operation(), operands, original.dtype(), original.shape()));
                int reader = readers.get(original.id()).get(rng.nextInt(readers.get(original.id()).size()));
                nodes.replaceAll(n -> n.id() == reader && n instanceof Call c ? new Call(reader, c.operation(),
                        c.operands().stream().map(o -> o == original.id() ? id : o).toList(), c.dtype(), c.shape()) : n);
            }
            for (int i = 0; i < 5; i++) { // a dead node, the next of which may read it
                var on = nodes.get(rng.nextInt(nodes.size()));
                nodes.add(new Call(next++, new ElementwiseOp(Op.SINH, on.dtype()), List.of(on.id()), on.dtype(), on.shape()));
            }
            var planted = Graph.of(nodes, clean.outputs());
            assertThat(planted.calls()).isEqualTo(clean.calls() + 10);
            var swept = planted.withCommonPartsShared().withoutDeadNodes();
            assertThat(swept.calls()).as("seed " + seed).isEqualTo(clean.calls());
            assertThat(swept.toString()).isEqualTo(clean.toString());
            removed += planted.calls() - swept.calls();
        }
        Evidence.of("planted duplicates with exchanged operands", exchanged, above(GRAPHS / 10));
        Evidence.of("planted nodes removed", removed, exactly(10 * GRAPHS));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void constantsFoldAndOnlyThey() {
        var w = Tensor.of(new double[] {1, 2, 3, 4}, 2, 2);
        Function<Tensor[], Tensor[]> f = in -> new Tensor[] {
                in[0].matmul(w.transpose().mul(2).exp()).add(in[0].mul(Tensor.of(3.0).square()))};
        var graph = Graph.trace(f, Tensor.of(1.0, 2.0).reshape(1, 2));
        var folded = graph.withConstantsFolded();
        assertThat(graph.calls()).isEqualTo(7);
        Evidence.of("calls left of 7", folded.calls(), exactly(3));
        assertThat(folded.nodes().stream().filter(n -> n instanceof Constant)).hasSize(2);
        var other = Tensor.of(-1.0, 0.5).reshape(1, 2);
        Evidence.of("folded against eager",
                Gap.absolute().see("value", folded.run(other)[0].toDoubleArray(), f.apply(new Tensor[] {other})[0].toDoubleArray()),
                exactly(0));
        // What grows beyond 65,536 numbers stays an operation; all three passes follow each other.
        Function<Tensor[], Tensor[]> wide = in -> new Tensor[] {
                in[0].add(Tensor.of(3.0).square().expand(70_000)).add(in[0].add(Tensor.of(3.0).square().expand(70_000)))};
        var large = Graph.trace(wide, Tensor.zeros(DType.F64, 1));
        Evidence.of("calls left where a constant would grow", large.withConstantsFolded().calls(), exactly(large.calls() - 2));
        Evidence.of("calls after all passes", large.simplified().calls(), exactly(3));
        // Constants of one shape are the same if their bits are.
        Function<Tensor[], Tensor[]> several = in -> new Tensor[] {in[0].mul(Tensor.of(2.0, 0.0)).sin()
                .add(in[0].mul(Tensor.of(2.0, 0.0)).cos()).add(in[0].mul(Tensor.of(2.0, -0.0)).exp()).add(in[0].mul(Tensor.of(3.0, 0.0)))};
        var shared = Graph.trace(several, other).withCommonPartsShared().withoutDeadNodes();
        Evidence.of("constants left of four, two of which are the same", shared.nodes().stream().filter(n -> n instanceof Constant).count(),
                exactly(3));
        Evidence.of("shared against eager",
                Gap.absolute().see("value", shared.run(other)[0].toDoubleArray(), several.apply(new Tensor[] {other})[0].toDoubleArray()),
                exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void plannedBuffersNeverShareALiveByteAndNeedNoMoreThanEagerEvaluation() {
        Gap gap = Gap.overLargest(), poisoned = Gap.overLargest();
        double most = 0;
        int pairs = 0, shared = 0, misjudged = 0;
        for (int seed = 0; seed < GRAPHS; seed++) {
            var type = RandomFunction.type(seed);
            for (var graph : List.of(graph(seed, type), graph(seed, type).withGradient().simplified())) {
                var plan = graph.plan();
                for (var a : plan.buffers()) {
                    for (var b : plan.buffers()) {
                        if (a == b) continue;
                        boolean together = a.from() <= b.to() && b.from() <= a.to(),
                                common = a.offset() + a.bytes() > b.offset() && b.offset() + b.bytes() > a.offset();
                        if (together && common) shared++;
                        if (a.meets(b) != together || a.overlaps(b) != common) misjudged++;
                        pairs++;
                    }
                }
                var inputs = others(seed, type);
                see(poisoned, plan.runPoisoned(inputs), plan.run(inputs), "poisoned, seed " + seed);
                see(gap, plan.runPoisoned(inputs), graph.run(inputs), "seed " + seed);
                most = Math.max(most, (double) plan.peakBytes() / plan.eagerBytes());
            }
        }
        Evidence.of("pairs of buffers", pairs, above(10 * GRAPHS));
        Evidence.of("pairs that share a live byte", shared, exactly(0));
        Evidence.of("pairs of which meets or overlaps says otherwise", misjudged, exactly(0));
        Evidence.of("poisoned memory changes a value by", poisoned, exactly(0));
        Evidence.of("planned against unplanned", gap, atMost(1e-6));
        Evidence.of("planned over eager bytes, largest", most, atMost(1));
        // By hand: 128 bytes a product. Each dies after the next one has read it, but for one that is returned.
        var x = Tensor.randn(Rng.of(1), DType.F64, 4, 4).compute();
        var row = Graph.traceOne(t -> {
            var twice = t.matmul(t);
            var fourTimes = twice.matmul(twice);
            return fourTimes.matmul(fourTimes);
        }, x).plan();
        Evidence.of("eager bytes of three products in a row", row.eagerBytes(), exactly(256));
        Evidence.of("planned bytes of three products in a row", row.peakBytes(), exactly(256));
        var kept = Graph.trace(in -> {
            var twice = in[0].matmul(in[0]);
            var fourTimes = twice.matmul(twice);
            return new Tensor[] {twice, fourTimes.matmul(fourTimes)};
        }, x).plan();
        Evidence.of("eager bytes where the first is returned too", kept.eagerBytes(), exactly(384));
        Evidence.of("planned bytes where the first is returned too", kept.peakBytes(), exactly(384));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void theGradientGraphEqualsTheTape() {
        var gap = Gap.overLargest();
        for (int seed = 0; seed < GRAPHS; seed++) {
            var f = RandomFunction.of(seed, DType.F64);
            var graph = graph(seed, DType.F64).gradient();
            var inputs = others(seed, DType.F64);
            var leaves = new Tensor[inputs.length];
            for (int i = 0; i < leaves.length; i++) leaves[i] = inputs[i].requiresGrad();
            var y = f.apply(leaves)[0];
            var tape = y.isTracked() ? Autograd.gradients(y, leaves, false)
                    : Arrays.stream(leaves).map(Tensor::zerosLike).toArray(Tensor[]::new);
            see(gap, graph.run(inputs), tape, "seed " + seed);
            see(gap, graph.simplified().plan().run(inputs), tape, "planned, seed " + seed);
        }
        Evidence.of("gradient graph against the tape", gap, atMost(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void gradientGraphsCanBeDifferentiatedAgain() {
        var gap = Gap.overLargest();
        Function<Tensor[], Tensor[]> f = in -> new Tensor[] {in[0].softmax(0).mul(in[0].sin()).sum()};
        var x = Tensor.randn(Rng.of(3), DType.F64, 5).compute();
        var slope = Graph.trace(f, x).gradient();
        var second = Graph.trace(in -> new Tensor[] {slope.run(in)[0].square().sum()}, x).gradient();
        var at = Tensor.randn(Rng.of(4), DType.F64, 5).compute();
        var expected = Autograd.grad(t -> Autograd.grad(s -> f.apply(new Tensor[] {s})[0]).apply(t).square().sum()).apply(at);
        see(gap, second.run(at), new Tensor[] {expected}, "second order");
        // A derivative inside the traced function is traced like anything else.
        var inside = Graph.trace(in -> new Tensor[] {Autograd.grad(s -> f.apply(new Tensor[] {s})[0]).apply(in[0]).square().sum()}, x)
                .gradient();
        see(gap, inside.run(at), new Tensor[] {expected}, "derivative inside");
        Evidence.of("second order against the tape", gap, atMost(1e-10));
    }

    @Test void whatTracingFreezesIsFoundOut() {
        Function<Tensor[], Tensor[]> branch = in -> new Tensor[] {in[0].item() > 0 ? in[0].mul(2) : in[0].mul(3)};
        var graph = Graph.trace(branch, Tensor.of(1.0));
        assertThat(graph.agrees(branch, Tensor.of(5.0))).isTrue();
        assertThat(graph.agrees(branch, Tensor.of(-5.0))).isFalse();
        var w = Tensor.of(1.0, 2.0);
        var captured = Graph.traceOne(x -> x.mul(w), Tensor.of(1.0, 1.0));
        w.fill_(7);
        assertThat(captured.run(Tensor.of(1.0, 1.0))[0].toDoubleArray()).containsExactly(1, 2);
        assertThatThrownBy(() -> Graph.traceOne(x -> x.copy().detach().add_(1), Tensor.of(1.0))).isInstanceOf(LyceumException.class)
                .hasMessageContaining("traced");
    }

    @Test void constantsOutliveTheScopeOfTheTrace() {
        Graph graph;
        try (var scope = Scope.open("trace")) {
            var w = Tensor.of(1.0, 2.0).mul(3);
            graph = Graph.traceOne(x -> x.mul(w).add(w.exp()), Tensor.of(1.0, 1.0)).simplified();
        }
        assertThat(graph.run(Tensor.of(0.0, 1.0))[0].toDoubleArray()).containsExactly(new double[] {Math.exp(3), 6 + Math.exp(6)},
                within(1e-9));
    }

    @Test void itPrintsItself() {
        var graph = Graph.trace(in -> new Tensor[] {in[0].mul(2).add(in[1]).sum()}, Tensor.of(1.0, 2.0), Tensor.of(3.0, 4.0));
        assertThat(graph.toString()).isEqualTo("""
                %0 = input x0 : F64 (2,)
                %1 = input x1 : F64 (2,)
                %2 = constant 2 : F64 ()
                %3 = mul %0 %2 : F64 (2,)
                %4 = add %3 %1 : F64 (2,)
                %5 = sum [0] %4 : F64 ()
                return %5
                """);
        assertThat(graph.toDot()).startsWith("digraph {").contains("n3 -> n4;").contains("mul\\nF64 (2,)\\n2 operations, ");
        assertThat(graph.toJson()).contains("\"outputs\":[5]").contains(
                "{\"id\":4,\"kind\":\"call\",\"text\":\"add\",\"operands\":[3,1],\"dtype\":\"F64\",\"shape\":[2],\"operations\":2,\"bytes\":");
        assertThat(graph.fusionGroups()).containsExactly(List.of(3, 4));
        assertThat(graph.depth()).isEqualTo(3);
        assertThat(graph.work()).isEqualTo(6);
    }

    @Test void argumentsAreCheckedByName() {
        var graph = Graph.traceOne(x -> x.mul(2), Tensor.of(1.0, 2.0));
        assertThatThrownBy(() -> graph.run(Tensor.of(1.0))).isInstanceOf(ShapeException.class)
                .hasMessage("graph: input x0 has shape (2,), not (1,)");
        assertThatThrownBy(() -> graph.run(Tensor.of(1f, 2f))).isInstanceOf(DTypeException.class).hasMessageContaining("F64, not F32");
        assertThatThrownBy(graph::run).hasMessageContaining("0 arguments for 1 inputs");
        assertThatThrownBy(graph::gradient).isInstanceOf(ShapeException.class).hasMessageContaining("one scalar");
        var input = new Input(0, "x", DType.F64, Tensor.of(1.0).shape());
        assertThatThrownBy(() -> Graph.of(List.of(input, input), List.of(0))).hasMessageContaining("id 0 is repeated");
        assertThatThrownBy(() -> Graph.of(List.of(input), List.of(4))).hasMessageContaining("output 4");
    }
}
