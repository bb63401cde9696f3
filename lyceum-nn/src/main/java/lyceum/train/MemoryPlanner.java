package lyceum.train;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Memory;
import lyceum.memory.Scope;
import lyceum.nn.Hooks;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Optimizer;
import lyceum.optim.UpdateRule;
import lyceum.tensor.Autocast;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * What a training step of a chain of like blocks will hold in memory, and which settings bring it under a budget.
 *
 * {@snippet :
 * var all = network.layers();                                          // an embedding, twelve blocks, a head
 * var planner = new MemoryPlanner(network, all.getFirst(), all.subList(1, 13), all.getLast(), Loss::crossEntropy, new AdamW(1e-3), x, y);
 * TrainingMemory plain = planner.predicted(MemoryPlanner.Settings.PLAIN);
 * var plan = planner.plan(plain.total() * 4 / 10);
 * if (plan.fits()) planner.step(plan.settings(), planner.optimizer(plan.settings()));
 * else System.out.println(plan.obstacle());
 * }
 *
 * <p>States are counted; activations are extrapolated from two small trials, of one block and of two, with the rows of a micro-batch: n blocks hold what one does
 * and n - 1 times the difference. A trial is a step's forward and backward pass; weights are not changed. Checkpoints are the inputs of blocks: of a dozen
 * blocks of a dozen operations each, every twelfth of 144 values, as the rule of the square root has it.
 *
 * @see <a href="https://arxiv.org/abs/2205.05198">Korthikanti et al. (2022)</a>
 * @see <a href="https://arxiv.org/abs/1910.02054">Rajbhandari, Rasley, Ruwase and He (2020)</a>
 */
public final class MemoryPlanner {

    /** Where and how an optimiser's state is held. */
    public enum State {
        /** As the rule says. */
        FULL,
        /** In a byte a number: {@link EightBitState}. */
        EIGHT_BIT
    }

    /**
     * What is done to save memory.
     *
     * @param microBatches parts of the batch whose gradients are added up; 1 for none
     * @param checkpoints keeps the inputs of blocks alone and computes the rest again
     * @param efficientAttention attention that holds no table of scores; off, the hooked weights of each block are computed as such a table
     * @param products type of products' operands, F32 or a narrow one by {@link Autocast}
     * @param state of the optimiser
     * @param shards processes that share the optimiser's state; for predictions, this library has one
     * @param offloaded the optimiser's state lives elsewhere; for predictions
     */
    @Withers
    public record Settings(int microBatches, boolean checkpoints, boolean efficientAttention, DType products, State state, int shards,
            boolean offloaded) implements MemoryPlannerSettingsWithers {
        /** Nothing is done, and attention holds its scores. */
        public static final Settings PLAIN = new Settings(1, false, false, DType.F32, State.FULL, 1, false);

        public Settings {
            if (microBatches < 1 || shards < 1) throw new IllegalArgumentException(
                    "MemoryPlanner: " + microBatches + " micro-batches and " + shards + " shards; both are at least 1");
            Objects.requireNonNull(state, "state");
            if (!products.isFloat()) throw new IllegalArgumentException("MemoryPlanner: products of " + products + "; a float type");
        }

        /** About how long a step takes beside that of {@link #PLAIN}: what a plan keeps low. */
        public double cost() {
            return (checkpoints ? 4.0 / 3 : 1) * (1 + 0.02 * (microBatches - 1)) * (state == State.EIGHT_BIT ? 1.02 : 1)
                    * (shards > 1 ? 1.1 : 1) * (offloaded ? 1.5 : 1);
        }
    }

    /**
     * What a plan came to.
     *
     * @param settings the quickest that meet the budget; the smallest there are, where none do
     * @param memory that they are predicted to take
     * @param fits whether that is within the budget
     * @param obstacle where it is not, the largest part of what is left, else empty
     */
    public record Plan(Settings settings, TrainingMemory memory, boolean fits, String obstacle) {}

    /**
     * What a step did.
     *
     * @param loss of the batch
     * @param peak most bytes at once beyond weights and the optimiser's state: activations and gradients
     * @param gradientBytes of these, all gradients: twice where those of a micro-batch are added to others
     * @param blockRuns how often blocks ran forward, by rows of the batch
     */
    public record Measured(double loss, long peak, long gradientBytes, double blockRuns, Map<String, Tensor> gradients) {
        /** Most bytes of activations. */
        public long activations() { return peak - gradientBytes; }
    }

    /** Tensors up to this size share blocks of memory. */
    private static final long SHARED = 32 << 10;

    private record Trial(int rows, boolean checkpoints, boolean efficient, DType products) {}

    private final Module model;
    private final Layer first, last;
    private final List<? extends Layer> blocks;
    private final Loss loss;
    private final UpdateRule rule;
    private final Tensor x, y;
    private final Map<Trial, long[]> trials = new HashMap<>();

    /**
     * @param model holds all parameters
     * @param first from a batch to what the blocks work on
     * @param blocks alike, each from the hidden values to hidden values of that shape
     * @param last from the hidden values to what the loss compares
     * @param loss a mean over rows
     * @param x a batch: (rows, ..)
     * @param y its targets: (rows, ..)
     */
    public MemoryPlanner(Module model, Layer first, List<? extends Layer> blocks, Layer last, Loss loss, UpdateRule rule, Tensor x,
            Tensor y) {
        if (blocks.size() < 2) throw new IllegalArgumentException("MemoryPlanner: " + blocks.size() + " blocks; at least 2");
        if (x.rank() < 1 || y.rank() < 1 || x.size(0) != y.size(0))
            throw new ShapeException("MemoryPlanner: x " + x.shape() + " and y " + y.shape() + "; both have a row for each example");
        this.model = model;
        this.first = first;
        this.blocks = List.copyOf(blocks);
        this.last = last;
        this.loss = loss;
        this.rule = rule;
        this.x = x;
        this.y = y;
    }

    /** What a step would hold, term by term; two small trials for each size of micro-batch, the first time. */
    public TrainingMemory predicted(Settings s) {
        var states = TrainingMemory.of(model, rule(s), DType.F32);
        long optimizer = s.offloaded ? 0 : (states.optimizer() + s.shards - 1) / s.shards;
        long[] seen = trials.computeIfAbsent(new Trial(rows(s), s.checkpoints, s.efficientAttention, s.products), t -> trial(t, s));
        long activations = seen[0] + (blocks.size() - 1) * (seen[1] - seen[0]);
        return new TrainingMemory(states.weights(), states.gradients() * (s.microBatches > 1 ? 2 : 1), states.master(), optimizer,
                activations);
    }

    private UpdateRule rule(Settings s) { return s.state == State.EIGHT_BIT ? new EightBitState(rule) : rule; }

    private int rows(Settings s) {
        if (x.size(0) % s.microBatches != 0) throw new IllegalArgumentException(
                "MemoryPlanner: " + s.microBatches + " micro-batches of " + x.size(0) + " rows; they divide the batch");
        return (int) (x.size(0) / s.microBatches);
    }

    /** Activations of one block and of two. */
    private long[] trial(Trial t, Settings s) {
        var found = new long[2];
        Tensor part = x.narrow(0, 0, t.rows), target = y.narrow(0, 0, t.rows);
        for (int n = 1; n <= 2; n++) {
            var trial = new Pieces(s.withMicroBatches(1), blocks.subList(0, n));
            trial.run(part, target); // what kernels keep from call to call is there then
            found[n - 1] = trial.measured(part, target).activations();
        }
        return found;
    }

    /** One step's forward and backward pass under these settings, measured; parameters stay as they are. Sharding and offloading are not done. */
    public Measured measured(Settings s) {
        rows(s);
        var pieces = new Pieces(s, blocks);
        pieces.run(x, y);
        return pieces.measured(x, y);
    }

    /** An optimiser with the state that the settings ask for. */
    public Optimizer optimizer(Settings s) { return rule(s).over(model.parameters()); }

    /** One step of training under these settings; returns the loss before it. */
    public double step(Settings s, Optimizer optimizer) {
        rows(s);
        var done = new Pieces(s, blocks).run(x, y);
        optimizer.step(model.parameters().keySet().stream().map(done.gradients::get).toArray(Tensor[]::new));
        return done.loss;
    }

    /** A step in pieces, over some of the blocks. */
    private final class Pieces {
        private final Settings settings;
        private final Pass pass;
        private final List<UnaryOperator<Tensor>> chain = new ArrayList<>();
        private double runs;

        Pieces(Settings settings, List<? extends Layer> blocks) {
            this.settings = settings;
            var hooks = Hooks.of(model);
            // Weights that come back as another tensor are computed as a table and used as one.
            if (!settings.efficientAttention) hooks.replace("*weights", w -> w.rank() < 4 ? w : w.transpose(2, 3).transpose(2, 3));
            pass = Pass.training(null).with(hooks);
            for (var block : blocks) chain.add(h -> {
                runs += (double) h.size(0) / x.size(0);
                return block.forward(h, pass);
            });
        }

        Measured measured(Tensor x, Tensor y) {
            var done = new Measured[1];
            runs = 0;
            long peak = Memory.peakOf(() -> done[0] = run(x, y));
            long bytes = done[0].gradients.values().stream().mapToLong(g -> g.count() * g.dtype().bytes()).sum();
            return new Measured(done[0].loss, peak, bytes * (settings.microBatches > 1 ? 2 : 1), runs, done[0].gradients);
        }

        Measured run(Tensor x, Tensor y) {
            var sums = new LinkedHashMap<String, Tensor>();
            var parameters = model.parameters();
            long rows = x.size(0) / settings.microBatches;
            double mean = 0;
            for (int m = 0; m < settings.microBatches; m++) {
                parameters.values().forEach(Tensor::zeroGrad);
                try (var scope = Scope.open("micro-batch")) {
                    Tensor part = x.narrow(0, m * rows, rows), target = y.narrow(0, m * rows, rows);
                    var value = settings.products == DType.F32 ? loss(part, target)
                            : Autocast.in(settings.products, () -> loss(part, target));
                    var share = value.div(settings.microBatches);
                    mean += share.item();
                    if (settings.products == DType.F32) share.backward();
                    else Autocast.in(settings.products, () -> {
                        share.backward();
                        return null;
                    });
                    parameters.forEach((name, parameter) -> {
                        var g = parameter.grad();
                        if (g == null) return;
                        var sum = sums.get(name);
                        if (sum == null) sums.put(name, kept(g.compute(), scope));
                        else sum.add_(g);
                    });
                    parameters.values().forEach(Tensor::zeroGrad);
                }
            }
            return new Measured(mean, 0, 0, runs, sums);
        }

        /** Small tensors lie among others in memory that goes back as a whole: a copy of them lets it go. */
        private static Tensor kept(Tensor g, Scope scope) {
            if (g.count() * g.dtype().bytes() > SHARED) return g.keptBy(scope);
            try (var outside = Scope.outside()) {
                return Autograd.noGrad(() -> g.copy().compute());
            }
        }

        private Tensor loss(Tensor part, Tensor target) {
            var h = first.forward(part, pass);
            for (var block : chain) h = settings.checkpoints ? Autograd.checkpoint(block, h) : block.apply(h);
            return loss.of(Autocast.high(last.forward(h, pass)), target);
        }
    }

    /** {@link #plan(long, int, boolean)} on one process, nothing offloaded. */
    public Plan plan(long budget) { return plan(budget, 1, false); }

    /**
     * The quickest settings whose prediction is within a budget.
     *
     * @param budget in bytes
     * @param shards processes at hand
     * @param offload whether the optimiser's state may live elsewhere
     */
    public Plan plan(long budget, int shards, boolean offload) {
        if (budget < 1) throw new IllegalArgumentException("MemoryPlanner.plan: a budget of " + budget + " bytes; it is positive");
        Plan smallest = null;
        for (var s : choices(shards, offload)) {
            var memory = predicted(s);
            if (memory.total() <= budget) return new Plan(s, memory, true, "");
            if (smallest == null || memory.total() < smallest.memory.total()) smallest = new Plan(s, memory, false, "");
        }
        var largest = smallest.memory.parts().entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
        return new Plan(smallest.settings, smallest.memory, false, String.format(Locale.ROOT,
                "%s take %,d of %,d bytes, and the budget is %,d", largest.getKey(), largest.getValue(), smallest.memory.total(), budget));
    }

    /** The quickest first; memory-efficient attention costs nothing. */
    private List<Settings> choices(int shards, boolean offload) {
        var all = new ArrayList<Settings>();
        for (int k = 1; k <= x.size(0); k++) {
            if (x.size(0) % k != 0) continue;
            for (boolean checkpoints : new boolean[] {false, true})
                for (var state : State.values())
                    for (boolean away : offload ? new boolean[] {false, true} : new boolean[] {false})
                        all.add(new Settings(k, checkpoints, true, DType.F32, state, shards, away));
        }
        all.sort(Comparator.comparingDouble(Settings::cost));
        return all;
    }
}
