package lyceum.models.sequence;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.AttentionScore;
import lyceum.nn.BeamSearch;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.LstmCell;
import lyceum.nn.LstmVariant;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Answers that are places of the input: {@code p(y_i = j) = softmax_j(v . tanh(W_1 e_j + W_2 d_i))}, e_j the encoder's state of element j and d_i the decoder's at step i. The
 * element that was pointed at is the next input. Nothing in the weights knows how many elements there are.
 *
 * {@snippet :
 * var network = new PointerNetwork(new PointerConfig(1, 32), rng);
 * Tensor loss = network.loss(numbers, null, order, pass);            // supervised
 * int[][] found = network.greedy(numbers, null, 8);
 * var drawn = network.sample(points, null, 5, rng, pass);            // REINFORCE: drawn.surrogate(lengths)
 * var tours = new BeamSearch(8, 0, 5).search(network.steps(points, null), -1);
 * }
 *
 * @see <a href="https://arxiv.org/abs/1506.03134">Vinyals, Fortunato and Jaitly (2015)</a>
 * @see <a href="https://arxiv.org/abs/1611.09940">Bello et al. (2017) for REINFORCE</a>
 */
public final class PointerNetwork extends Module {
    private final PointerConfig config;
    private final Linear embedding, bridge;
    private final SourceEncoder encoder;
    private final LstmCell cell;
    private final AttentionScore.Additive score;
    private final Tensor first;

    /** Answers that were drawn, and the logarithm of the probability of each (batch), which has gradients. */
    public record Drawn(int[][] places, Tensor logProbability) {
        /**
         * What to descend: the mean of {@code (cost - baseline) log p}, the baseline the mean cost of the others.
         *
         * @param costs of each answer, such as the length of a tour
         */
        public Tensor surrogate(double... costs) {
            int n = costs.length;
            double sum = Arrays.stream(costs).sum();
            var advantage = new double[n];
            for (int i = 0; i < n; i++) advantage[i] = n == 1 ? costs[i] : costs[i] - (sum - costs[i]) / (n - 1);
            return logProbability.mul(Tensor.of(advantage).to(logProbability.dtype())).mean();
        }
    }

    public PointerNetwork(PointerConfig config, Rng rng) { this(config, config.encoder(rng), rng); }

    /** With any encoder whose states are as wide as the configuration says. */
    public PointerNetwork(PointerConfig config, SourceEncoder encoder, Rng rng) {
        int w = config.width();
        if (encoder.outputs() != w)
            throw new ShapeException("PointerNetwork: an encoder of width " + encoder.outputs() + " for a width of " + w);
        this.config = config;
        this.encoder = encoder;
        embedding = new Linear(config.inputs(), w, rng);
        bridge = new Linear(w, w, rng);
        cell = new LstmCell(w, w, new LstmVariant(), true, DType.F32, rng);
        score = new AttentionScore.Additive(w, w, w, DType.F32, rng);
        first = Init.torchLinear(w).sample(rng, DType.F32, w).compute().requiresGrad();
    }

    public PointerConfig config() { return config; }

    /** What a decoder knows between steps. */
    private record Held(Tensor states, Tensor projected, Tensor open, RecurrentState cell, Tensor input) {
        Held rows(int... rows) {
            return new Held(states.rows(rows), projected.rows(rows), open.rows(rows), cell.rows(rows), input.rows(rows));
        }
    }

    /** The next step's log-probabilities (batch, elements), minus infinity where nothing may be pointed at. */
    private record Step(Tensor logs, Held held) {}

    private Held start(Tensor x, int[] lengths, Pass pass) {
        if (x.rank() != 3 || x.size(2) != config.inputs() || lengths != null && lengths.length != x.size(0))
            throw new ShapeException("PointerNetwork: elements " + x.shape() + "; they are (batch, elements, " + config.inputs()
                    + "), with a length each or none");
        var memory = encoder.encode(embedding.forward(x, pass), lengths, pass);
        Tensor states = memory.states(), seen = memory.seen();
        var open = seen == null ? Tensor.ones(x.size(0), x.size(1)).gt(0) : seen;
        var weights = open.to(states.dtype()).unsqueeze(2);
        var h = bridge.forward(states.mul(weights).sum(1).div(weights.sum(1)), pass).tanh();
        return new Held(states, score.project(states), open, RecurrentState.of("h", h, "c", h.zerosLike()),
                first.expand(x.size(0), config.width()));
    }

    private Step step(Held held, Pass pass) {
        var after = cell.step(held.input, held.cell, pass);
        var scores = score.ofProjected(after.get("h").unsqueeze(1), held.projected).squeeze(1);
        Tensor shut = held.open.not(), some = held.open.any(new int[] {1}, true);
        // Where nothing is open, the softmax is of all, so that neither it nor its gradient is 0/0, and is hidden afterwards.
        var logs = pass.point(this, "pointers",
                scores.maskedFill(shut.and(some), Double.NEGATIVE_INFINITY).logSoftmax(1).maskedFill(shut, Double.NEGATIVE_INFINITY));
        return new Step(logs, new Held(held.states, held.projected, held.open, after, held.input));
    }

    /** Goes on with the elements (batch) that were pointed at. */
    private Held chosen(Held held, Tensor places) {
        var one = places.oneHot(held.states.dtype(), held.states.size(1));
        var input = one.unsqueeze(1).matmul(held.states).squeeze(1);
        return new Held(held.states, held.projected, config.once() ? held.open.and(one.eq(0)) : held.open, held.cell, input);
    }

    /**
     * Log-probabilities (batch, T, elements) of every step, true places given.
     *
     * @param x (batch, elements, inputs)
     * @param lengths elements of each; null if all are real
     * @param places (batch, T)
     */
    public Tensor forward(Tensor x, int[] lengths, Tensor places, Pass pass) {
        var held = start(x, lengths, pass);
        var steps = new Tensor[(int) places.size(1)];
        for (int t = 0; t < steps.length; t++) {
            var step = step(held, pass);
            steps[t] = step.logs;
            if (t + 1 < steps.length) held = chosen(step.held, places.select(1, t));
        }
        return emit(x, Tensor.stack(1, steps), pass);
    }

    /** The mean negative log-probability of a place; those from step {@code lengths[b]} on count for nothing, whatever they are, if places are pointed at once. */
    public Tensor loss(Tensor x, int[] lengths, Tensor places, Pass pass) {
        var steps = places.size(1);
        if (lengths == null || !config.once() || Arrays.stream(lengths).allMatch(n -> n >= steps))
            return forward(x, lengths, places, pass).gather(2, places.unsqueeze(2)).mean().neg();
        var real = Tensor.arange(steps).unsqueeze(0).lt(Tensor.of(lengths).to(DType.I64).unsqueeze(1));
        var safe = real.where(places, places.zerosLike());
        var logs = forward(x, lengths, safe, pass).gather(2, safe.unsqueeze(2)).squeeze(2);
        return logs.maskedFill(real.not(), 0.0).sum().div(real.to(logs.dtype()).sum()).neg();
    }

    /** The likeliest place each time. */
    public int[][] greedy(Tensor x, int[] lengths, int steps) {
        return Autograd.noGrad(() -> decode(x, lengths, steps, null, Pass.inference()).places);
    }

    /** Places drawn by their probabilities. */
    public Drawn sample(Tensor x, int[] lengths, int steps, Rng rng, Pass pass) { return decode(x, lengths, steps, rng, pass); }

    private Drawn decode(Tensor x, int[] lengths, int steps, Rng rng, Pass pass) {
        var held = start(x, lengths, pass);
        var places = new int[(int) x.size(0)][steps];
        Tensor sum = null;
        for (int t = 0; t < steps; t++) {
            var step = step(held, pass);
            var picked = rng == null ? step.logs.argmax(1) : step.logs.detach().add(gumbel(rng, step.logs)).argmax(1);
            long[] now = picked.toLongArray();
            for (int i = 0; i < now.length; i++) places[i][t] = (int) now[i];
            var logs = step.logs.gather(1, picked.unsqueeze(1)).squeeze(1);
            sum = sum == null ? logs : sum.add(logs);
            held = chosen(step.held, picked);
        }
        return new Drawn(places, sum);
    }

    private static Tensor gumbel(Rng rng, Tensor like) {
        return Tensor.rand(rng, like.dtype(), like.shape().toArray()).clamp(1e-7, 1 - 1e-7).log().neg().log().neg();
    }

    /** For a {@link BeamSearch}, whose tokens are places. */
    public BeamSearch.Steps steps(Tensor x, int[] lengths) {
        return new BeamSearch.Steps() {
            private Held held;

            @Override public double[][] begin() { return read(start(x, lengths, Pass.inference())); }

            @Override public double[][] next(int[] parents, int[] tokens) {
                return read(chosen(held.rows(parents), Tensor.of(tokens).to(DType.I64)));
            }

            private double[][] read(Held from) {
                var step = step(from, Pass.inference());
                held = step.held;
                return step.logs.toRows();
            }
        };
    }

    /** The log-probabilities of the first step. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return step(start(x, null, pass), pass).logs; }
}
