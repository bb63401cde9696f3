package lyceum.models.generative;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.info.Entropy;
import lyceum.nn.InBatches;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Each vector becomes the nearest entry of a codebook: {@code i = argmin_j |x - e_j|}, {@code y = e_i}. Gradients pass as if nothing had
 * happened: {@code y = x + sg[e_i - x]}, with sg[.] a constant.
 *
 * {@snippet :
 * var book = new VectorQuantizer(new VectorQuantizerConfig(512, 64), rng);
 * var q = book.quantise(x, Pass.training(rng));          // (.., 64); a learning pass moves the book
 * Tensor loss = q.values().sub(y).square().mean().add(q.loss());
 * Tensor ids = book.ids(x);                              // (..), I64
 * Tensor back = book.values(ids);                        // (.., 64)
 * }
 *
 * <p>With {@link VectorQuantizerConfig.Learning#AVERAGE} an entry is the mean of all vectors that chose it, each weighted by
 * {@code decay^age}: {@code N_i = decay N_i + (1 - decay) n_i}, {@code m_i = decay m_i + (1 - decay) sum x}, {@code e_i = m_i / N_i}; an
 * entry that nothing ever chose stays. The first batch sets the book by k-means; entries that hardly anything chooses are moved to random
 * vectors of the batch. State: {@code embed} (codes, width), {@code cluster_size} N, {@code embed_avg} m and {@code inited}, as EnCodec
 * names them.
 *
 * <p>Pictures (batch, channels, height, width) are permuted to have the channels last.
 *
 * @see <a href="https://arxiv.org/abs/1711.00937">van den Oord, Vinyals and Kavukcuoglu (2017)</a>
 */
public final class VectorQuantizer extends Module {
    private static final int BLOCK = 1 << 22; // distances held at once
    private final VectorQuantizerConfig config;
    private final Tensor inited, cluster_size, embed, embed_avg;

    /**
     * Vectors as codes.
     *
     * @param values (.., width), with the gradient of the input
     * @param ids (..), I64; of a {@link ResidualQuantizer} (.., books)
     * @param loss {@code commitment mean (x - sg[e])^2}, and for learning by gradient {@code mean (e - sg[x])^2} as well; a number
     */
    public record Quantised(Tensor values, Tensor ids, Tensor loss) {}

    public VectorQuantizer(VectorQuantizerConfig config, Rng rng) {
        this.config = config;
        inited = Tensor.zeros(1).compute();
        cluster_size = Tensor.zeros(config.dtype(), config.codes()).compute();
        var first = Tensor.rand(rng, config.dtype(), config.codes(), config.width()).mul(2).sub(1).div(config.codes()).compute();
        embed = config.learning() == VectorQuantizerConfig.Learning.GRADIENT ? first.requiresGrad() : first;
        embed_avg = Tensor.zeros(config.dtype(), config.codes(), config.width()).compute();
    }

    public VectorQuantizerConfig config() { return config; }

    /** (codes, width). */
    public Tensor codebook() { return embed; }

    /** The moving count N of each entry's vectors, (codes). */
    public Tensor counts() { return cluster_size; }

    /** Values alone; the loss goes to {@link Pass#penalty}. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        var q = quantise(x, pass);
        pass.penalty(q::loss);
        return q.values();
    }

    /** Codes of x (.., width), and what they cost; a learning pass moves the book afterwards. */
    public Quantised quantise(Tensor x, Pass pass) {
        var rows = rows(x.detach());
        if (pass.isTraining() && config.startSteps() > 0 && inited.item() == 0) start(rows, config.startSteps(), pass.rng());
        var ids = nearest(rows);
        var chosen = embed.indexSelect(0, ids).reshape(x.shape().toArray());
        var fixed = chosen.detach();
        var loss = x.sub(fixed).square().mean().mul(config.commitment());
        if (chosen.isTracked()) loss = loss.add(chosen.sub(x.detach()).square().mean());
        if (pass.isRemembered()) learn(rows, ids, pass.rng());
        return new Quantised(x.add(fixed.sub(x.detach())), ids.reshape(outer(x)), loss);
    }

    /** The nearest entries of x (.., width): (..), I64; the first of several. */
    public Tensor ids(Tensor x) { return nearest(rows(x.detach())).reshape(outer(x)).compute(); }

    /** The entries of ids (..): (.., width). @throws IndexOutOfBoundsException if there is no such entry */
    public Tensor values(Tensor ids) {
        var sizes = Arrays.copyOf(ids.shape().toArray(), ids.rank() + 1);
        sizes[ids.rank()] = config.width();
        return embed.indexSelect(0, ids.flatten()).reshape(sizes);
    }

    /** {@code exp} of the entropy of how often each entry is used: codes if all are used alike, 1 if one is. */
    public double perplexity(Tensor ids) {
        var counts = new long[config.codes()];
        for (long id : ids.toLongArray()) counts[(int) id]++;
        return Math.exp(Entropy.of(counts));
    }

    /**
     * Sets the book by k-means (k-means++, then Lloyd's steps) on x (.., width). Returns the steps it took: fewer than {@code steps} if it
     * converged, so that each entry is the mean of the vectors nearest to it.
     */
    public int start(Tensor x, int steps, Rng rng) {
        var rows = rows(x.detach());
        if (rows.size(0) < 1) throw new ShapeException("VectorQuantizer.start: input " + x.shape() + " has no vectors");
        return Autograd.noGrad(() -> {
            embed.copy_(seeds(rows, rng));
            long[] last = null;
            int step = 0;
            for (; step < steps; step++) {
                var ids = nearest(rows);
                var now = ids.toLongArray();
                if (Arrays.equals(now, last)) break;
                last = now;
                cluster_size.copy_(count(ids));
                embed_avg.copy_(rows.segmentSum(ids, config.codes()));
                embed.copy_(means());
            }
            inited.fill_(1);
            return step;
        });
    }

    /** One step of the moving averages towards x (.., width); entries that are dead afterwards are moved. A learning pass does it. */
    public void learn(Tensor x, Rng rng) {
        var rows = rows(x.detach());
        learn(rows, nearest(rows), rng);
    }

    private void learn(Tensor rows, Tensor ids, Rng rng) {
        double keep = config.decay();
        Autograd.noGrad(() -> {
            cluster_size.copy_(cluster_size.mul(keep).add(count(ids).mul(1 - keep)));
            embed_avg.copy_(embed_avg.mul(keep).add(rows.segmentSum(ids, config.codes()).mul(1 - keep)));
            if (config.learning() == VectorQuantizerConfig.Learning.AVERAGE) embed.copy_(means());
            inited.fill_(1);
            if (config.deadBelow() > 0) restart(rows, rng);
        });
    }

    private Tensor means() {
        var used = cluster_size.gt(0).unsqueeze(1);
        return used.where(embed_avg.div(used.where(cluster_size.unsqueeze(1), Tensor.ones(config.dtype(), 1))), embed.detach());
    }

    private void restart(Tensor rows, Rng rng) {
        double mean = cluster_size.mean().item();
        var sizes = cluster_size.toDoubleArray();
        int dead = 0;
        for (double size : sizes) if (size < config.deadBelow() * mean) dead++;
        if (dead == 0) return;
        var which = new int[dead];
        var from = new int[dead];
        for (int i = 0, at = 0; i < sizes.length; i++) {
            if (sizes[i] >= config.deadBelow() * mean) continue;
            which[at] = i;
            from[at++] = rng.nextInt((int) rows.size(0));
        }
        var fresh = rows.rows(from);
        embed.setRows_(fresh, which);
        embed_avg.setRows_(fresh.mul(mean), which);
        cluster_size.setRows_(Tensor.full(config.dtype(), mean, dead), which);
    }

    private Tensor count(Tensor ids) { return Tensor.ones(config.dtype(), ids.count()).segmentSum(ids, config.codes()); }

    private Tensor nearest(Tensor rows) {
        return Autograd.noGrad(() -> {
            var half = embed.square().sum(1).mul(0.5).compute();
            return InBatches.of(rows, Math.max(1, BLOCK / config.codes()), some -> some.matmul(embed.transpose()).sub(half).argmax(1));
        });
    }

    /** k-means++: each further seed is drawn in proportion to the squared distance to those before. */
    private Tensor seeds(Tensor rows, Rng rng) {
        int n = (int) rows.size(0), d = config.width();
        var x = rows.toDoubleArray();
        var far = new double[n];
        Arrays.fill(far, Double.POSITIVE_INFINITY);
        var chosen = new int[config.codes()];
        for (int k = 0, at = rng.nextInt(n); k < chosen.length; k++) {
            chosen[k] = at;
            double sum = 0;
            for (int i = 0; i < n; i++) {
                double s = 0;
                for (int j = 0; j < d; j++) s += (x[i * d + j] - x[at * d + j]) * (x[i * d + j] - x[at * d + j]);
                far[i] = Math.min(far[i], s);
                sum += far[i];
            }
            double left = rng.nextDouble() * sum;
            at = 0;
            while (at < n - 1 && (left -= far[at]) >= 0) at++;
        }
        return rows.rows(chosen);
    }

    private Tensor rows(Tensor x) {
        if (x.rank() < 1 || x.size(-1) != config.width() || !x.dtype().isFloat()) throw new ShapeException(
                "VectorQuantizer: input " + x.dtype() + " " + x.shape() + "; it is floats (.., " + config.width() + ")");
        return x.reshape(-1, config.width()).to(config.dtype()).compute();
    }

    private static long[] outer(Tensor x) { return Arrays.copyOf(x.shape().toArray(), x.rank() - 1); }
}
