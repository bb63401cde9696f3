package lyceum.autograd;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.memory.Memory;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CheckpointScheduleTest {

    /** Layers of seven kinds, each with weights of its own, two kinds with dropout. */
    private record Net(List<BiFunction<Tensor, Rng, Tensor>> layers, Tensor[] weights, boolean drops) {
        static Net of(int seed, DType type) {
            var rng = Rng.of(2_700 + seed);
            int depth = 1 + rng.nextInt(12);
            var weights = new Tensor[depth];
            var layers = new ArrayList<BiFunction<Tensor, Rng, Tensor>>();
            boolean drops = false;
            for (int i = 0; i < depth; i++) {
                var w = weights[i] = Tensor.randn(rng, type, 6, 6).mul(0.5).requiresGrad();
                int kind = rng.nextInt(7);
                drops |= kind == 2 || kind == 5;
                layers.add(switch (kind) {
                    case 0 -> (h, r) -> h.matmul(w).tanh();
                    case 1 -> (h, r) -> h.add(h.matmul(w).relu());
                    case 2 -> (h, r) -> dropped(h.matmul(w), r);
                    case 3 -> (h, r) -> h.layerNorm(null, null, 1e-5).matmul(w);
                    case 4 -> (h, r) -> h.mul(h.matmul(w).sigmoid()).softmax(1);
                    case 5 -> (h, r) -> dropped(dropped(h, r).matmul(w).sin(), r).add(h);
                    default -> (h, r) -> h.matmul(w).logSoftmax(1).mul(0.3);
                });
            }
            return new Net(layers, weights, drops);
        }

        static Tensor dropped(Tensor h, Rng rng) {
            return Tensor.rand(rng, h.dtype(), h.shape().toArray()).ge(0.4).where(h.mul(1 / 0.6), h.zerosLike());
        }
    }

    @Test
    @Acceptance(topic = "gradient-checkpointing", clause = 1) void gradientsAreThoseOfThePlainRunToTheBit() {
        int nets = 0, dropping = 0, runs = 0, differing = 0;
        for (int seed = 0; seed < 50; seed++) {
            var type = seed % 2 == 0 ? DType.F64 : DType.F32;
            var net = Net.of(seed, type);
            int depth = net.layers.size();
            var x = Tensor.randn(Rng.of(seed), type, 5, 6).requiresGrad();
            var plain = gradients(net, x, rng -> {
                var h = x;
                for (var layer : net.layers) h = layer.apply(h, rng);
                return h;
            });
            var schedules = new ArrayList<>(List.of(CheckpointSchedule.none(depth), CheckpointSchedule.sqrt(depth),
                    CheckpointSchedule.uniform(depth, 1), CheckpointSchedule.optimal(depth, 1), CheckpointSchedule.optimal(depth, 2),
                    CheckpointSchedule.optimal(depth, 3)));
            if (depth > 3) schedules.add(CheckpointSchedule.at(depth, 1, depth - 1));
            for (var schedule : schedules) {
                if (!Arrays.equals(gradients(net, x, rng -> schedule.apply(net.layers, x, rng)), plain)) differing++;
                runs++;
            }
            var whole = gradients(net, x, rng -> Autograd.checkpoint((h, r) -> {
                for (var layer : net.layers) h = layer.apply(h, r);
                return h;
            }, x, rng));
            if (!Arrays.equals(whole, plain)) differing++;
            nets++;
            if (net.drops) dropping++;
        }
        Evidence.of("nets", nets, exactly(50));
        Evidence.of("nets with dropout", dropping, atLeast(25));
        Evidence.of("runs by a schedule", runs, atLeast(300));
        Evidence.of("runs whose value, next draw or gradient differs in a bit", differing, exactly(0));
    }

    /** The loss, the stream's next draw, and all gradients. */
    private static double[] gradients(Net net, Tensor x, Function<Rng, Tensor> run) {
        x.zeroGrad();
        for (var w : net.weights) w.zeroGrad();
        var rng = Rng.of(77);
        var loss = run.apply(rng).square().sum();
        var all = new ArrayList<Double>(List.of(loss.item(), rng.nextDouble()));
        loss.backward();
        for (double g : x.grad().toDoubleArray()) all.add(g);
        for (var w : net.weights) for (double g : w.grad().toDoubleArray()) all.add(g);
        return all.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** A chain of equal layers, each of which saves its input, that counts how often each runs. */
    private static final class Chain {
        static final int SIZE = 1 << 16;
        static final double ACTIVATION = 8.0 * SIZE;
        final int[] runs;
        final List<UnaryOperator<Tensor>> layers = new ArrayList<>();
        /** Changes nothing; asked on the way there and on the way back. */
        final Primitive probe = Primitive.of("probe", in -> in[0], (i, g, out, in) -> {
            look();
            return g;
        });
        long before, peak;
        boolean watched;

        Chain(int length) {
            runs = new int[length];
            for (int i = 0; i < length; i++) {
                int layer = i;
                layers.add(h -> {
                    runs[layer]++;
                    var y = h.sin().compute();
                    if (!watched) return y;
                    look();
                    return probe.apply(y);
                });
            }
        }

        /** A collection only lowers what is in use: where that is no more than the peak so far, it would tell nothing. */
        private void look() {
            if (Memory.stats().inUse() - before <= peak) return;
            Memory.release();
            peak = Math.max(peak, Memory.stats().inUse() - before);
        }

        void run(CheckpointSchedule schedule) {
            Arrays.fill(runs, 0);
            var x = Tensor.randn(Rng.of(2), DType.F64, watched ? SIZE : 3).compute().requiresGrad();
            schedule.apply(layers, x).sum().backward();
            assertThat(x.grad().isFinite().countNonZero().itemLong()).isEqualTo(x.count());
        }

        /**
         * Activations at the peak of a forward and backward pass, by the allocator after collections: those that are reachable, gradients too.
         *
         * @param least so many are no news
         */
        double peak(CheckpointSchedule schedule, int least) {
            watched = true;
            Memory.release();
            before = Memory.stats().inUse();
            peak = (long) (least * ACTIVATION);
            run(schedule);
            return peak / ACTIVATION;
        }
    }

    @Tag("slow") // a collection for each activation more
    @Test
    @Acceptance(topic = "gradient-checkpointing", clause = 2) void sixtyFourLayersLiveInTheMemoryOfTwentyFour() {
        var chain = new Chain(64);
        double plain = chain.peak(CheckpointSchedule.none(64), 63), segmented = chain.peak(CheckpointSchedule.sqrt(64), 8);
        Evidence.of("activations at the peak, everything kept", plain, atLeast(64));
        Evidence.of("activations at the peak, segments of 8", segmented, atMost(3 * 8));
        Evidence.of("runs of a layer, most", Arrays.stream(chain.runs).max().orElseThrow(), exactly(2));
        Evidence.of("layers run again", Arrays.stream(chain.runs).sum() - 64, exactly(56)); // the last segment is there already
        assertThat(CheckpointSchedule.sqrt(64).recomputations()).isEqualTo(56);
        // Six kept inputs, and beside them a few: of the layer that is run, of the gradient, of the last layer.
        assertThat(chain.peak(CheckpointSchedule.optimal(64, 6), 6)).isLessThanOrEqualTo(6 + 6);
    }

    @Test
    @Acceptance(topic = "gradient-checkpointing", clause = 3) void theOptimalScheduleIsThatOfSearchAndOfRevolve() {
        int compared = 0, differing = 0, refused = 0;
        for (int length = 1; length <= 8; length++) {
            var chain = new Chain(length);
            var ones = new double[length];
            var sizes = new int[length];
            Arrays.fill(ones, 1);
            Arrays.fill(sizes, 1);
            for (int budget = 1; budget <= length + 1; budget++) {
                var schedule = CheckpointSchedule.optimal(length, budget);
                chain.run(schedule);
                int ran = Arrays.stream(chain.runs).sum() - length;
                long planned = schedule.recomputations();
                if (planned != searched(ones, sizes, budget, true) || planned != revolve(length, budget) || planned != ran) differing++;
                compared++;
            }
            int layers = length;
            for (int budget : new int[] {0, -1}) {
                assertThatThrownBy(() -> CheckpointSchedule.optimal(layers, budget)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("budget of " + budget);
                refused++;
            }
        }
        Evidence.of("chains and budgets", compared, exactly(44));
        Evidence.of("where plan, run, search and Revolve's formula differ", differing, exactly(0));
        Evidence.of("infeasible budgets refused", refused, exactly(16));
    }

    /** Griewank and Walther (2000): {@code r l - C(s + r, s + 1)} for the least r with {@code C(s + r, s) >= l}. */
    private static long revolve(int length, int slots) {
        int r = 0;
        while (binomial(slots + r, slots) < length) r++;
        return (long) r * length - binomial(slots + r, slots + 1);
    }

    private static long binomial(int n, int k) {
        if (k > n) return 0;
        long c = 1;
        for (int i = 1; i <= k; i++) c = c * (n - k + i) / i;
        return c;
    }

    /** What is stored (a bit for each value), where the working value is (-1: nowhere), how many layers are yet to be reversed. */
    private record State(int stored, int at, int open) {}

    private record Reached(State state, double cost) {}

    /**
     * The least cost of advances, by trying all: store the working value, drop a stored one, go back to a stored one, all free; run the next layer; or,
     * with the last open layer's input at hand, reverse it, which runs it once for its interior. The cheapest state first, so breadth first where all
     * layers cost 1.
     *
     * @param drops false if what is stored stays until all behind it has been reversed
     */
    private static double searched(double[] costs, int[] sizes, int budget, boolean drops) {
        var known = new HashMap<State, Double>();
        var open = new PriorityQueue<Reached>(Comparator.comparingDouble(Reached::cost));
        open.add(new Reached(new State(1, 0, costs.length), 0));
        while (!open.isEmpty()) {
            var reached = open.poll();
            var s = reached.state;
            if (known.putIfAbsent(s, reached.cost) != null) continue;
            if (s.open == 0) return reached.cost;
            int taken = 0;
            for (int i = 0; i < sizes.length; i++) if ((s.stored >> i & 1) != 0) {
                taken += sizes[i];
                open.add(new Reached(new State(s.stored, i, s.open), reached.cost));
                if (drops || s.open <= i) open.add(new Reached(new State(s.stored & ~(1 << i), s.at, s.open), reached.cost));
            }
            if (s.at < 0) continue;
            if (s.at < s.open && (s.stored >> s.at & 1) == 0 && taken + sizes[s.at] <= budget)
                open.add(new Reached(new State(s.stored | 1 << s.at, s.at, s.open), reached.cost));
            if (s.at == s.open - 1) open.add(new Reached(new State(s.stored, -1, s.open - 1), reached.cost));
            if (s.at < s.open - 1) open.add(new Reached(new State(s.stored, s.at + 1, s.open), reached.cost + costs[s.at]));
        }
        throw new AssertionError("no schedule for " + costs.length + " layers and a budget of " + budget);
    }

    /** Against all ways to store what fits and to keep it until it has served; costs are those of what ran. */
    @Test void unequalLayersAreCutAsCheaplyAsAnySearchFinds() {
        var rng = Rng.of(2_799);
        int compared = 0, cheaper = 0;
        for (int trial = 0; trial < 60; trial++) {
            int length = 1 + rng.nextInt(6);
            var costs = new double[length];
            var sizes = new int[length];
            for (int i = 0; i < length; i++) {
                costs[i] = rng.nextInt(9);
                sizes[i] = 1 + rng.nextInt(4);
            }
            var chain = new Chain(length);
            int all = Arrays.stream(sizes).sum();
            double before = Double.POSITIVE_INFINITY;
            for (int budget = sizes[0]; budget <= all + 1; budget++, compared++) {
                chain.run(CheckpointSchedule.optimal(costs, sizes, budget));
                double cost = 0;
                for (int i = 0; i < length; i++) cost += costs[i] * (chain.runs[i] - 1);
                assertThat(cost).as(Arrays.toString(costs) + Arrays.toString(sizes) + budget)
                        .isEqualTo(searched(costs, sizes, budget, false));
                if (cost < before && before < Double.POSITIVE_INFINITY) cheaper++;
                before = cost;
            }
        }
        assertThat(compared).isGreaterThan(300);
        assertThat(cheaper).as("budgets that are worth more than one below").isGreaterThan(60);
    }

    @Test void unequalLayersAreCutWhereItIsCheap() {
        // Keeping the small value before layer 2 beats any other single cut.
        var schedule = CheckpointSchedule.optimal(new double[] {1, 1, 5, 1}, new int[] {4, 9, 1, 9}, 5);
        var roomy = CheckpointSchedule.optimal(new double[] {1, 1, 5, 1}, new int[] {4, 9, 1, 9}, 1000);
        assertThat(roomy.recomputations()).isEqualTo(3);
        assertThat(schedule.recomputations()).isGreaterThan(3).isLessThan(CheckpointSchedule.optimal(4, 1).recomputations());
        assertThatThrownBy(() -> CheckpointSchedule.optimal(new double[] {1, 1}, new int[] {7, 1}, 6)).hasMessageContaining("input of 7");
        assertThatThrownBy(() -> CheckpointSchedule.at(4, 2, 2)).hasMessageContaining("[2, 2]");
        assertThatThrownBy(() -> CheckpointSchedule.sqrt(4).apply(List.of(), Tensor.of(1.0))).hasMessageContaining("schedule of 4");
        assertThat(IntStream.rangeClosed(1, 66).allMatch(l -> CheckpointSchedule.optimal(l, 10).recomputations() <= 2L * l)).isTrue(); // the article's ten and two
    }
}
