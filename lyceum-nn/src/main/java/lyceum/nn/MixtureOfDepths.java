package lyceum.nn;

import java.util.Arrays;
import java.util.function.BiFunction;
import lyceum.autograd.Autograd;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Lets few tokens through a {@link TransformerBlock} f, the others pass by on the residual path as they are:
 *
 * <pre>
 * r_i = w . x_i      S = the floor(c T) best of a row      x_i + r_i (f(x_S)_i - x_i) for i in S, else x_i
 * </pre>
 *
 * {@snippet :
 * var config = DecoderConfig.llama(256, 256, 4, 64, 4, 4, 172).withDepth(new DepthConfig(0.25), 2);   // blocks 1 and 3
 * var model = new DecoderLM(config, rng);
 * Tensor loss = model.loss(ids, Pass.training(rng));                        // with the predictors' losses
 * var map = model.decoder().layers().get(1).depth().chosen(hidden, pass);   // BOOL (batch, T)
 * }
 *
 * <p>In the block the chosen see each other alone, at their own positions (rotary, or none at all). Who is among the best depends on later tokens; so a pass that
 * does not learn asks a predictor, two layers that read {@code x_i} without a gradient to it, and takes all that it likes: any number of them, each by itself, so
 * that decoding step by step gives what a whole pass gives. Caches hold the chosen alone. A pass that learns adds the predictor's loss by {@link Pass#penalty}.
 *
 * <p>Parameters: {@code weight} (width), {@code fc1} and {@code fc2} of the predictor.
 *
 * @see <a href="https://arxiv.org/abs/2404.02258">Raposo et al. (2024)</a>
 */
public final class MixtureOfDepths extends Module {
    private final DepthConfig config;
    private final Tensor weight;
    private final Linear fc1, fc2;

    MixtureOfDepths(DepthConfig config, TransformerConfig block, Rng rng) {
        if (block.mixer() != null || block.attention().pattern() != null || !block.attention().positions().isOfTokens())
            throw new IllegalArgumentException("MixtureOfDepths: chosen tokens carry their positions along with rotary encodings, codes of "
                    + "embeddings or none; not with " + block.attention().positions() + ", patterns or a mixer in the place of attention");
        this.config = config;
        int width = block.width();
        var type = block.attention().dtype();
        weight = Init.torchLinear(width).sample(rng, type, width).compute().requiresGrad();
        fc1 = new Linear(width, config.hidden(), true, type, Init.torchLinear(width), rng);
        fc2 = new Linear(config.hidden(), 1, true, type, Init.torchLinear(config.hidden()), rng);
    }

    public DepthConfig config() { return config; }

    /** w (width). */
    public Tensor weight() { return weight; }

    /** The scores (batch, T) of x (batch, T, width). */
    @Override protected Tensor compute(Tensor x, Pass pass) { return x.matmul(weight.unsqueeze(1)).squeeze(-1); }

    /** What the predictor says (batch, T): above 0 for a token that it takes to be among the best. */
    public Tensor predicted(Tensor x, Pass pass) {
        return fc2.forward(Activation.SILU.forward(fc1.forward(x.detach(), pass), pass), pass).squeeze(-1);
    }

    /** Who passes the block, BOOL (batch, T): the best of each row in a pass that learns, else whom the predictor likes. */
    public Tensor chosen(Tensor x, Pass pass) {
        return Autograd.noGrad(() -> pass.isTraining() ? best(forward(x)) : predicted(x, pass).gt(0));
    }

    /** The {@code floor(c T)} best of each row, BOOL; of equal scores the earlier ones. */
    private Tensor best(Tensor scores) {
        int rows = (int) scores.size(0), n = (int) scores.size(1), k = config.chosen(n);
        double[] all = scores.detach().toDoubleArray();
        var in = new boolean[rows * n];
        for (int r = 0; k > 0 && r < rows; r++) {
            double[] sorted = Arrays.copyOfRange(all, r * n, (r + 1) * n);
            Arrays.sort(sorted);
            double last = sorted[n - k];
            int left = k;
            for (int t = r * n; t < (r + 1) * n; t++) if (in[t] = Double.compare(all[t], last) > 0) left--;
            for (int t = r * n; left > 0 && t < (r + 1) * n; t++) if (Double.compare(all[t], last) == 0) {
                in[t] = true;
                left--;
            }
        }
        return Tensor.of(in, rows, n);
    }

    /**
     * The chosen of a batch, packed to the left.
     *
     * @param places (rows most) where in (rows T) each stands; behind a row's last, its row's first place
     * @param real those of {@code places} that are chosen, by number
     * @param positions (rows, most) in the row
     * @param counts (rows)
     */
    record Chosen(long[] places, long[] real, Tensor positions, long[] counts, int most) {
        static Chosen of(boolean[] in, int rows, int n, long[] starts) {
            var counts = new long[rows];
            for (int i = 0; i < in.length; i++) if (in[i]) counts[i / n]++;
            int most = (int) Arrays.stream(counts).max().orElse(0);
            long[] places = new long[rows * most], positions = new long[rows * most], real = new long[(int) Arrays.stream(counts).sum()];
            for (int r = 0, found = 0; r < rows; r++) {
                int at = r * most;
                for (int t = 0; t < n; t++) if (in[r * n + t]) {
                    real[found++] = at;
                    positions[at] = starts[starts.length == 1 ? 0 : r] + t;
                    places[at++] = (long) r * n + t;
                }
                for (; at < (r + 1) * most; at++) places[at] = (long) r * n;
            }
            return new Chosen(places, real, Tensor.of(positions, rows, most), counts, most);
        }

        boolean isEven() { return real.length == places.length; }
    }

    /** x (batch, T, width) with the chosen passed through the block as {@code inner} runs it. */
    Tensor through(Tensor x, TransformerBlock.Context context, Pass pass, BiFunction<Tensor, TransformerBlock.Context, Tensor> inner) {
        if (context.layout() != null) throw new IllegalArgumentException(
                "MixtureOfDepths: tokens are chosen among whole rows; give sequences a row each, and no layout");
        var state = context.cache() == null ? null : SequenceMixer.state(DepthState.class, context.cache());
        int rows = (int) x.size(0), n = (int) x.size(1);
        var scores = forward(x, pass);
        var in = pass.point(this, "chosen", pass.isTraining() ? best(scores) : predicted(x, pass).gt(0));
        if (pass.isTraining()) pass.penalty(() -> Loss.bce(predicted(x, pass), in.to(x.dtype())).mul(config.price()));
        var chosen = Chosen.of(in.toBooleanArray(), rows, n, state == null ? new long[] {0} : state.lengths());
        if (state != null) state.begin(chosen, n);
        if (chosen.most == 0) return x;
        var flat = x.reshape((long) rows * n, x.size(2));
        var own = flat.indexSelect(0, Tensor.of(chosen.places)).reshape(rows, chosen.most, x.size(2));
        var mask = context.mask();
        if (!chosen.isEven() && state == null) mask = mask.withKeyLengths(Tensor.of(chosen.counts));
        var y = inner.apply(own, context.withMask(mask).withCache(state == null ? null : state.cache()).withPositions(chosen.positions));
        if (state != null) state.end(chosen);
        var change = y.sub(own).reshape(chosen.places.length, x.size(2));
        var index = Tensor.of(chosen.places);
        if (!chosen.isEven()) {
            var real = Tensor.of(chosen.real);
            change = change.indexSelect(0, real);
            index = index.indexSelect(0, real);
        }
        var gate = scores.flatten().indexSelect(0, index).unsqueeze(1);
        if (config.squashed()) gate = gate.sigmoid();
        return flat.indexAdd(0, index, change.mul(gate)).reshape(x.shape().toArray());
    }

    /** Floating-point operations in the products of a pass that learns over T tokens, beside those of the block over {@link DepthConfig#chosen}: router and predictor. */
    public long routingOperations(long tokens) { return 2 * tokens * (weight.size(0) * (1 + config.hidden()) + config.hidden()); }

}
