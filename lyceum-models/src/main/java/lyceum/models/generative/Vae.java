package lyceum.models.generative;

import java.util.List;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.info.VariationalBottleneck;
import lyceum.memory.Scope;
import lyceum.nn.Layer;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Autocast;
import lyceum.tensor.Index;
import lyceum.tensor.Tensor;
import lyceum.train.History;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;

/**
 * A variational autoencoder: an encoder says a normal distribution of codes q(z | x) for each row, a decoder the data of a code p(x | z), and both raise the evidence lower bound
 *
 * <pre>
 * ln p(x) >= E_q[ln p(x | z)] - beta KL(q(z | x) || N(0, I)),        beta = 1
 * </pre>
 *
 * {@snippet :
 * var vae = Vae.dense(784, List.of(256), new VaeConfig(16), rng);
 * vae.fit(new Trainer(new Adam(1e-3), 20).withBatchSize(64), x, null, rng, Progress.SILENT);
 * Tensor drawn = vae.sample(64, rng), back = vae.reconstruct(x), between = vae.interpolate(x.narrow(0, 0, 1), x.narrow(0, 1, 1), 9);
 * double nats = vae.bound(y, 64, rng).mean().item();          // of other data, at least so likely
 * }
 *
 * <p>Any encoder serves that takes data (n, ..) to (n, 2k) or (n, 2k, height, width): along axis 1 first the means, then the logarithms of the variances. Any decoder serves that takes
 * codes (n, k, ..) to the data's shape: logits or means, as {@link Observation} says. All bounds are sums over the numbers of a row, in nats. State: {@code encoder.},
 * {@code decoder.}, and {@code log_variance} where it is learned.
 *
 * @see <a href="https://arxiv.org/abs/1312.6114">Kingma and Welling (2014)</a>
 * @see <a href="https://arxiv.org/abs/1509.00519">Burda, Grosse and Salakhutdinov (2016), on importance weights</a>
 */
public final class Vae extends Module implements LatentModel, Generator {
    /**
     * All that a file says of one for rows.
     *
     * @param network of encoder and decoder; its outputs do not matter
     * @param config of the rest
     */
    public record Plan(MlpConfig network, VaeConfig config) {
        public Plan {
            Objects.requireNonNull(network, "network");
            Objects.requireNonNull(config, "config");
        }

        public Vae build(Rng rng) { return dense(network, config, rng); }
    }

    private static final int BLOCK = 512, DRAWN = 4096;

    private final VaeConfig config;
    private final Layer encoder, decoder;
    private final Tensor log_variance;

    /** Of any two networks; they are not copied. */
    public Vae(Layer encoder, Layer decoder, VaeConfig config) {
        this.config = Objects.requireNonNull(config, "config");
        this.encoder = Objects.requireNonNull(encoder, "encoder");
        this.decoder = Objects.requireNonNull(decoder, "decoder");
        log_variance = config.observation() instanceof Observation.Gaussian g && g.learned()
                ? Tensor.full(dtypeOf(decoder), 2 * Math.log(g.deviation())).requiresGrad() : null;
    }

    private Vae(Vae other, VaeConfig config) {
        this.config = config;
        encoder = other.encoder;
        decoder = other.decoder;
        log_variance = other.log_variance;
    }

    private static DType dtypeOf(Layer layer) {
        return layer instanceof Module m ? m.parameters().values().stream().findFirst().map(Tensor::dtype).orElse(DType.F32) : DType.F32;
    }

    /** Of rows of numbers (n, inputs), by perceptrons with ReLU of these widths, from the data on, and the same backwards; none for a linear one. F32. */
    public static Vae dense(int inputs, List<Integer> hidden, VaeConfig config, Rng rng) {
        return dense(MlpConfig.regressor(inputs, 1).withHidden(hidden), config, rng);
    }

    /** The same with the network's other settings; its outputs do not matter. Variances of codes begin at 1 for all data. */
    public static Vae dense(MlpConfig network, VaeConfig config, Rng rng) {
        int k = Math.toIntExact(config.latent().count());
        if (config.latent().rank() != 1)
            throw new IllegalArgumentException("Vae.dense: codes of shape " + config.latent() + "; one axis, as (" + k + ",)");
        var encoder = new Mlp(network.withOutputs(2 * k), rng);
        var last = encoder.layers().getLast();
        Autograd.noGrad(() -> { // drawn ones would go through exp, and a first loss of thousands of nats would throw the weights about
            last.weight().set_(0, Index.from(k));
            last.bias().set_(0, Index.from(k));
        });
        return new Vae(encoder, new Mlp(network.withInputs(k).withHidden(network.hidden().reversed()).withOutputs(network.inputs()), rng),
                config);
    }

    public VaeConfig config() { return config; }

    /** The price of a nat of code while learning. */
    public BetaSchedule beta() { return config.beta(); }

    /** This model, on the same parameters, learning at another price. */
    public Vae beta(BetaSchedule beta) { return new Vae(this, config.withBeta(beta)); }

    public Layer encoder() { return encoder; }

    public Layer decoder() { return decoder; }

    /** Standard deviation of data around the decoder's means, for a Gaussian {@link Observation}. */
    public double deviation() { return Math.exp(logVariance(DType.F64).item() / 2); }

    private Tensor logVariance(DType type) {
        return log_variance != null ? log_variance.to(type)
                : config.observation() instanceof Observation.Gaussian g ? Tensor.full(type, 2 * Math.log(g.deviation())) : null;
    }

    /**
     * Normal distributions of codes, independent in each number.
     *
     * @param mean (n, k, ..)
     * @param logVariance (n, k, ..)
     */
    public record Posterior(Tensor mean, Tensor logVariance) {
        /** A code for each row: {@code mean + exp(logVariance / 2) noise}, differentiable in both. */
        public Tensor draw(Rng rng) { return VariationalBottleneck.draw(mean, logVariance, rng); }

        /** {@code (mean^2 + variance - 1 - ln variance) / 2}: the divergence from a standard normal of each number, in nats, (n, numbers). */
        public Tensor rates() { return VariationalBottleneck.rates(rows(mean), rows(logVariance)); }

        /** ln q(z) of a code for each row, (n). */
        public Tensor logDensity(Tensor z) {
            Tensor squares = z.sub(mean).square().mul(logVariance.neg().exp());
            return rows(squares.add(logVariance).add(Math.log(2 * Math.PI)).mul(-0.5)).sum(1);
        }
    }

    private static Tensor rows(Tensor x) { return x.rank() == 2 ? x : x.reshape(x.size(0), -1); }

    /** What the encoder says of data (n, ..); recorded. */
    public Posterior posterior(Tensor x, Pass pass) {
        var said = Autocast.high(encoder.forward(x, pass));
        long k = config.latent().size(0);
        var wanted = config.latent().toArray();
        boolean fits = said.rank() == wanted.length + 1 && said.size(0) == x.size(0) && said.size(1) == 2 * k;
        for (int i = 1; fits && i < wanted.length; i++) fits = said.size(i + 1) == wanted[i];
        if (!fits) throw new ShapeException("Vae: the encoder says " + said.shape() + " of data " + x.shape() + " for codes of shape "
                + config.latent() + "; along axis 1, " + k + " means and " + k + " log variances");
        return new Posterior(said.narrow(1, 0, k), said.narrow(1, k, k));
    }

    /** ln p(x | z) of each row (n); recorded. */
    public Tensor logLikelihood(Tensor x, Tensor z, Pass pass) {
        var said = Autocast.high(decoder.forward(z, pass));
        if (!said.shape().equals(x.shape()))
            throw new ShapeException("Vae: the decoder says " + said.shape() + " of codes " + z.shape() + " for data " + x.shape());
        return config.observation().logDensity(x, said, logVariance(said.dtype()));
    }

    /**
     * The parts of the bound for rows, by one draw of codes.
     *
     * @param logLikelihood (n)
     * @param rates divergence of each number of the code, (n, numbers)
     */
    public record Terms(Tensor logLikelihood, Tensor rates) {
        /** The evidence lower bound, (n). */
        public Tensor elbo() { return logLikelihood.sub(rates.sum(1)); }
    }

    /** The parts of the bound; recorded. @param rng where codes are drawn from */
    public Terms terms(Tensor x, Rng rng, Pass pass) {
        var posterior = posterior(x, pass);
        return new Terms(logLikelihood(x, posterior.draw(rng), pass), posterior.rates());
    }

    private static Rng stream(Pass pass) {
        if (pass.rng() == null) throw new IllegalArgumentException("Vae: the pass has no random stream for codes; use Pass.training(rng)");
        return pass.rng();
    }

    /** What is minimised, a mean over rows in nats: {@code -ln p(x | z)} and the code's price at a step, or minus the importance-weighted bound. */
    public Tensor loss(Tensor x, long step, Pass pass) {
        if (config.samples() > 1) {
            var weights = logWeights(x, config.samples(), stream(pass), pass);
            return weights.logSumExp(1).mean().rsub(Math.log(config.samples()));
        }
        return loss(x, posterior(x, pass), step, pass);
    }

    /** The same by one draw from given distributions of codes, which may be other than the encoder's. */
    Tensor loss(Tensor x, Posterior posterior, long step, Pass pass) {
        var likelihood = logLikelihood(x, posterior.draw(stream(pass)), pass).mean();
        return config.beta().price(posterior.rates().sum(1).mean(), step).sub(likelihood);
    }

    /** {@code ln p(x, z) - ln q(z | x)} of so many codes for each row, (n, k). */
    private Tensor logWeights(Tensor x, int k, Rng rng, Pass pass) {
        var q = posterior(x, pass);
        var many = new Posterior(q.mean.repeatInterleave(0, k), q.logVariance.repeatInterleave(0, k));
        var z = many.draw(rng);
        var prior = rows(z.square().add(Math.log(2 * Math.PI)).mul(-0.5)).sum(1);
        return logLikelihood(x.repeatInterleave(0, k), z, pass).add(prior).sub(many.logDensity(z)).reshape(-1, k);
    }

    /** Means of the data by drawn codes where the pass has a random stream, by mean codes where it has none. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        var posterior = posterior(x, pass);
        return config.observation().mean(decoder.forward(pass.rng() == null ? posterior.mean : posterior.draw(pass.rng()), pass));
    }

    /**
     * A training that has not begun; it can be saved and resumed, and the price of the code follows its steps.
     *
     * @param data (n, ..)
     * @param validation data whose negative bound is each epoch's score; null for none
     * @throws IllegalArgumentException if the data do not fit the law of observations
     */
    public TrainingRun start(Trainer trainer, Tensor data, Tensor validation, Rng rng) {
        requireFitting(data);
        var run = new TrainingRun[1];
        DoubleSupplier score = validation == null ? null : () -> -evaluate(validation, rng.split(3)).elbo();
        run[0] = trainer.start(this, Math.toIntExact(data.size(0)), (rows, pass) -> loss(data.rows(rows), run[0].steps(), pass), score,
                rng);
        return run[0];
    }

    /** Trains to the end. See {@link #start}. */
    public History fit(Trainer trainer, Tensor data, Tensor validation, Rng rng, Progress progress) {
        return start(trainer, data, validation, rng).finish(progress);
    }

    void requireFitting(Tensor data) {
        if (!(config.observation() instanceof Observation.Bernoulli)) return;
        double low = data.min().item(), high = data.max().item();
        if (!(low >= 0 && high <= 1))
            throw new IllegalArgumentException("Vae: data from " + low + " to " + high + " for coins; between 0 and 1, or take a Gaussian");
    }

    /**
     * The bound of many rows and its parts, in nats.
     *
     * @param logLikelihood mean of ln p(x | z): minus the reconstruction's cost
     * @param rates mean divergence of each number of the code: idle ones are near 0
     */
    public record Evaluation(double logLikelihood, double[] rates) {
        /** The whole divergence. */
        public double rate() {
            double sum = 0;
            for (double r : rates) sum += r;
            return sum;
        }

        /** Mean evidence lower bound of a row. */
        public double elbo() { return logLikelihood - rate(); }

        /** How many numbers of the code carry more than so many nats; 0.01 is usual. */
        public int active(double threshold) {
            int count = 0;
            for (double r : rates) if (r > threshold) count++;
            return count;
        }
    }

    /** The bound by one draw of codes for each row; not recorded. */
    public Evaluation evaluate(Tensor x, Rng rng) {
        long n = x.size(0);
        if (n == 0) throw new IllegalArgumentException("Vae.evaluate: no rows");
        var rates = new double[Math.toIntExact(config.latent().count())];
        double likelihood = 0;
        for (long from = 0; from < n; from += BLOCK) {
            long start = from;
            try (var scope = Scope.open("bound")) {
                var terms = Autograd.noGrad(() -> terms(x.narrow(0, start, Math.min(BLOCK, n - start)), rng, Pass.inference()));
                likelihood += Autograd.noGrad(() -> terms.logLikelihood.to(DType.F64).sum().item());
                double[] sums = Autograd.noGrad(() -> terms.rates.to(DType.F64).sum(0).toDoubleArray());
                for (int j = 0; j < rates.length; j++) rates[j] += sums[j] / n;
            }
        }
        return new Evaluation(likelihood / n, rates);
    }

    /**
     * The importance-weighted bound of each row, {@code ln 1/k sum_i p(x, z_i) / q(z_i | x)}: (n), F64, not recorded. Its expectation is the evidence lower bound at k = 1 and rises with k towards
     * ln p(x).
     *
     * @param k codes of a row
     */
    public Tensor bound(Tensor x, int k, Rng rng) {
        if (k < 1) throw new IllegalArgumentException("Vae.bound: k is " + k + "; at least 1");
        var bounds = new double[Math.toIntExact(x.size(0))];
        int block = Math.max(1, DRAWN / k);
        for (int from = 0; from < bounds.length; from += block) {
            var part = x.narrow(0, from, Math.min(block, bounds.length - from));
            double[] most = new double[(int) part.size(0)], sum = new double[most.length];
            for (int done = 0; done < k; done += DRAWN) {
                try (var scope = Scope.open("bound")) {
                    int some = Math.min(DRAWN, k - done);
                    var logs = Autograd.noGrad(() -> logWeights(part, some, rng, Pass.inference()).to(DType.F64).logSumExp(1))
                            .toDoubleArray();
                    for (int i = 0; i < logs.length; i++) {
                        double top = done == 0 ? logs[i] : Math.max(most[i], logs[i]);
                        sum[i] = (done == 0 ? 0 : sum[i] * Math.exp(most[i] - top)) + Math.exp(logs[i] - top);
                        most[i] = top;
                    }
                }
            }
            for (int i = 0; i < most.length; i++) bounds[from + i] = most[i] + Math.log(sum[i] / k);
        }
        return Tensor.of(bounds);
    }

    /** Mean codes, (n, k, ..). */
    @Override public Tensor encode(Tensor x) { return Autograd.noGrad(() -> posterior(x, Pass.inference()).mean.compute()); }

    /** Means of the data of codes. */
    @Override public Tensor decode(Tensor z) {
        return Autograd.noGrad(() -> config.observation().mean(decoder.forward(z, Pass.inference())).compute());
    }

    /** Means of the data of codes from the prior; {@link #observe} adds what is random around them. */
    @Override public Tensor sample(int n, Rng rng) { return decode(prior(n, rng)); }

    /** Codes from the prior, (n, k, ..). */
    public Tensor prior(int n, Rng rng) {
        long[] one = config.latent().toArray(), all = new long[one.length + 1];
        all[0] = n;
        System.arraycopy(one, 0, all, 1, one.length);
        return Tensor.randn(rng, dtypeOf(decoder), all);
    }

    /** Data around means, as the law of observations has them. */
    public Tensor observe(Tensor means, Rng rng) {
        return Autograd.noGrad(() -> config.observation().draw(means, logVariance(means.dtype()), rng).compute());
    }

    /**
     * On the straight line between the codes of two items (1, ..), both ends included: (steps, ..). {@link LatentSpace} goes other ways too.
     *
     * @param steps at least 2
     */
    public Tensor interpolate(Tensor from, Tensor to, int steps) { return new LatentSpace(this).interpolate(from, to, steps); }
}
