package lyceum.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.ModularConfig.Selection;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ModularNetworkTest {
    private static final int WIDTH = 8, PRIMITIVES = 4;

    /** Inputs, programs of two primitives, and what they make of them. */
    private record Task(Tensor x, int[][] program, Tensor descriptors, Tensor y) {}

    /** Move on by one; turn pairs by 90 degrees; mix each with the one four on; reverse with a sign. */
    private static double[] primitive(int number, double[] x) {
        var y = new double[WIDTH];
        for (int i = 0; i < WIDTH; i++) y[i] = switch (number) {
            case 0 -> x[(i + 1) % WIDTH];
            case 1 -> i % 2 == 0 ? x[i + 1] : -x[i - 1];
            case 2 -> (i < 4 ? x[i] + x[i + 4] : x[i - 4] - x[i]) / Math.sqrt(2);
            default -> i < 3 ? -x[7 - i] : x[7 - i];
        };
        return y;
    }

    /** Held out are the pairs (i, i + 1 mod 4). */
    private static Task task(int n, boolean unseen, Rng rng) {
        double[][] x = new double[n][WIDTH], y = new double[n][];
        var program = new int[n][2];
        for (int r = 0; r < n; r++) {
            for (int i = 0; i < WIDTH; i++) x[r][i] = rng.nextGaussian();
            do {
                program[r][0] = rng.nextInt(PRIMITIVES);
                program[r][1] = rng.nextInt(PRIMITIVES);
            } while ((program[r][1] == (program[r][0] + 1) % PRIMITIVES) != unseen);
            y[r] = primitive(program[r][1], primitive(program[r][0], x[r]));
        }
        var flat = IntStream.range(0, 2 * n).map(i -> program[i / 2][i % 2]).toArray();
        return new Task(Tensor.of(x).to(DType.F32).compute(), program,
                Tensor.of(flat).oneHot(DType.F32, PRIMITIVES).reshape(n, 2, PRIMITIVES).compute(), Tensor.of(y).to(DType.F32).compute());
    }

    private static void train(Module model, BiFunction<Task, Pass, Tensor> output, int steps, double rate, Rng rng) {
        var optimizer = new Adam(rate).over(model.parameters());
        for (int step = 0; step < steps; step++) {
            // The last third at a tenth of the rate.
            if (step == 2 * steps / 3) optimizer.scaleRates(0.1);
            try (var scope = Scope.open("step")) {
                var task = task(64, false, rng);
                var penalties = new ArrayList<Tensor>();
                optimizer.zeroGrad();
                var loss = Loss.mse(output.apply(task, Pass.training(rng).collecting(penalties::add)), task.y);
                for (var penalty : penalties) loss = loss.add(penalty);
                loss.backward();
                optimizer.step();
            }
        }
    }

    private static double score(Task task, Tensor output) {
        double[][] y = task.y.toRows(), o = output.detach().toRows();
        int good = 0;
        for (int r = 0; r < y.length; r++) {
            double error = 0, size = 0;
            for (int i = 0; i < WIDTH; i++) {
                error += (o[r][i] - y[r][i]) * (o[r][i] - y[r][i]);
                size += y[r][i] * y[r][i];
            }
            if (Math.sqrt(error / size) < 0.1) good++;
        }
        return (double) good / y.length;
    }

    private static ModularNetwork network(int seed, Selection selection) {
        var rng = Rng.of(seed);
        // Small weights: from larger ones, products of two maps can end where both have the wrong orientation.
        var modules = IntStream.range(0, PRIMITIVES).mapToObj(i -> new Linear(WIDTH, WIDTH, true, DType.F32, Init.normal(0.1), rng))
                .toList();
        return new ModularNetwork(modules, new ModularConfig(PRIMITIVES, 2).withSelection(selection).withBalance(0.1), rng);
    }

    @Tag("slow")
    @Acceptance(topic = "modular-networks", clause = 1)
    @Acceptance(topic = "modular-networks", clause = 3)
    @Test void modulesComposeUnseenPairsAndAMonolithDoesNot() {
        for (int seed = 0; seed < 3; seed++) {
            var unseen = task(1000, true, Rng.of(100 + seed));
            var given = network(seed, Selection.GUMBEL);
            train(given, (t, pass) -> given.forward(t.x, t.program, pass), 600, 2e-2, Rng.of(200 + seed));
            Evidence.of("seed " + seed + ": given routing, score on unseen pairs",
                    score(unseen, given.forward(unseen.x, unseen.program, Pass.inference())), atLeast(0.9));

            var learned = network(seed, Selection.GUMBEL);
            train(learned, (t, pass) -> learned.forward(t.x, t.descriptors, pass), 1500, 2e-2, Rng.of(300 + seed));
            Evidence.of("seed " + seed + ": learned routing, score on unseen pairs",
                    score(unseen, learned.forward(unseen.x, unseen.descriptors, Pass.inference())), atLeast(0.9));
            Evidence.of("seed " + seed + ": information of module and primitive",
                    ModularNetwork.specialisation(learned.routes(unseen.descriptors), unseen.program), atLeast(0.9));

            // 16 + 8 weights and a bias a hidden unit, 8 biases: as many parameters as the modules and their router.
            for (int times : new int[] {1, 8}) {
                int hidden = (int) Math.ceil(times * learned.parameterCount() / 25.0);
                var monolith = new Mlp(MlpConfig.regressor(WIDTH + 2 * PRIMITIVES, WIDTH, hidden), Rng.of(seed));
                assertThat(monolith.parameterCount()).isGreaterThanOrEqualTo(times * learned.parameterCount());
                train(monolith, (t, pass) -> monolith.forward(Tensor.concat(1, t.x, t.descriptors.reshape(-1, 2L * PRIMITIVES)), pass),
                        1500, 1e-2, Rng.of(400 + seed));
                Evidence.of("seed " + seed + ": monolith of " + times + " times the parameters, score on unseen pairs",
                        score(unseen, monolith.forward(Tensor.concat(1, unseen.x, unseen.descriptors.reshape(-1, 2L * PRIMITIVES)))),
                        atMost(0.6));
            }
        }
    }

    @Acceptance(topic = "modular-networks", clause = 2)
    @Test void aSingleModuleUnderForcedRoutingIsTheModule() {
        int other = 0, seen = 0;
        for (int seed = 0; seed < 10; seed++) {
            var module = new FeedForward(6, Rng.of(seed));
            var network = new ModularNetwork(List.of(module), new ModularConfig(3, 1), Rng.of(1));
            var x = Tensor.randn(Rng.of(50 + seed), 9, 6).compute();
            float[] expected = module.forward(x).toFloatArray(), own = network.forward(x, new int[9][1], Pass.inference()).toFloatArray(),
                    routed = network.forward(x, Tensor.ones(9, 1, 3), Pass.inference()).toFloatArray();
            for (int i = 0; i < own.length; i++) {
                if (Float.floatToRawIntBits(own[i]) != Float.floatToRawIntBits(expected[i])) other++;
                if (Float.floatToRawIntBits(routed[i]) != Float.floatToRawIntBits(expected[i])) other++;
                seen++;
            }
        }
        Evidence.of("numbers", seen, exactly(540));
        Evidence.of("numbers that differ in a bit", other, exactly(0));
    }

    @Acceptance(topic = "modular-networks", clause = 4)
    @Test void aNewModuleLeavesOldTasksAsTheyWere() {
        var task = task(200, true, Rng.of(1));
        for (var selection : Selection.values()) for (int k = 1; k <= 2; k++) {
            var rng = Rng.of(2);
            var modules = IntStream.range(0, PRIMITIVES).mapToObj(i -> new Linear(WIDTH, WIDTH, rng)).toList();
            var old = new ModularNetwork(modules, new ModularConfig(PRIMITIVES, 2).withSelection(selection).withK(k), rng);
            var larger = old.plus(new Linear(WIDTH, WIDTH, rng), 1);
            larger.freeze("modules.0.*");
            var wider = Tensor.concat(2, task.descriptors, Tensor.zeros(200, 2, 1));
            float[] before = old.forward(task.x, task.descriptors, Pass.inference()).toFloatArray();
            // The new skill learns; the old modules are frozen.
            for (int m = 1; m < PRIMITIVES; m++) larger.freeze("modules." + m + ".*");
            var fresh = Tensor.concat(2, Tensor.zeros(200, 2, PRIMITIVES), Tensor.ones(200, 2, 1));
            var optimizer = new Adam(0.1).over(larger.parameters());
            for (int step = 0; step < 3; step++) {
                optimizer.zeroGrad();
                larger.forward(task.x, fresh, Pass.training(rng)).square().mean().backward();
                optimizer.step();
            }
            float[] after = larger.forward(task.x, wider, Pass.inference()).toFloatArray(),
                    program = larger.forward(task.x, task.program, Pass.inference()).toFloatArray();
            int other = 0;
            for (int i = 0; i < before.length; i++) if (before[i] != after[i]) other++;
            float[] given = old.forward(task.x, task.program, Pass.inference()).toFloatArray();
            for (int i = 0; i < given.length; i++) if (given[i] != program[i]) other++;
            Evidence.of(selection + ", k " + k + ": outputs of old tasks that changed", other, exactly(0));
        }
    }

    @Acceptance(topic = "modular-networks", clause = 5)
    @Test void whatRunsIsWhatIsCountedAsActive() {
        var modules = List.of(new Linear(WIDTH, WIDTH, Rng.of(1)), new FeedForward(WIDTH, Rng.of(2)),
                new FeedForward(WIDTH, 5, Activation.RELU, false, 0, DType.F32, Rng.of(3)),
                new Linear(WIDTH, WIDTH, false, DType.F32, Init.ones(), Rng.of(4)));
        var network = new ModularNetwork(modules, new ModularConfig(PRIMITIVES, 2).withSelection(Selection.TOP_K), Rng.of(5));
        Autograd.noGrad(() -> { network.router().copy_(Tensor.eye(DType.F32, PRIMITIVES)); });
        int cases = 0, wrong = 0;
        var counts = new HashSet<Long>();
        for (int a = 0; a < 4; a++) for (int b = 0; b < 4; b++) {
            var program = new int[][] {{a, b}, {a, a}};
            var descriptors = Tensor.of(a, b, a, a).oneHot(DType.F32, PRIMITIVES).reshape(2, 2, PRIMITIVES);
            for (boolean routed : new boolean[] {false, true}) {
                var ran = new HashSet<String>();
                var hooks = Hooks.of(network);
                hooks.on("modules.?", (name, in, out) -> {
                    ran.add(name);
                    return out;
                });
                var pass = Pass.inference().with(hooks);
                if (routed) network.forward(Tensor.ones(2, WIDTH), descriptors, pass);
                else network.forward(Tensor.ones(2, WIDTH), program, pass);
                long executed = ran.stream().mapToLong(name -> network.modules().get(name).parameterCount()).sum();
                long counted = network.activeParameters(routed ? network.routes(descriptors) : program);
                if (executed != counted) wrong++;
                counts.add(counted);
                cases++;
            }
        }
        Evidence.of("cases", cases, exactly(32));
        Evidence.of("in which other parameters ran than were counted", wrong, exactly(0));
        assertThat(counts).hasSizeGreaterThan(6);
    }

    @Test void statesRouteAndMistakesAreSaid() {
        var network = network(1, Selection.TOP_K);
        assertThatThrownBy(() -> network.forward(Tensor.ones(2, WIDTH))).hasMessageContaining("reads 4 features");
        assertThatThrownBy(() -> network.forward(Tensor.ones(1, WIDTH), new int[][] {{0, 7}}, Pass.inference()))
                .hasMessageContaining("outside 0 to 3");
        assertThatThrownBy(() -> network.forward(Tensor.ones(1, WIDTH), Tensor.ones(1, 3, 4), Pass.inference()))
                .hasMessageContaining("(n, 2, 4)");
        var byState = new ModularNetwork(network.skills(), new ModularConfig(WIDTH, 3).withSelection(Selection.TOP_K), Rng.of(2));
        assertThat(byState.forward(Tensor.randn(Rng.of(3), 5, WIDTH)).shape().toArray()).containsExactly(5, WIDTH);
        assertThat(network.load(new int[][] {{0, 1}, {1, 1}})).containsExactly(0.25, 0.75, 0, 0);
        assertThatThrownBy(() -> new ModularConfig(4, 2).withTemperature(0)).hasMessageContaining("temperature");
    }
}
