package lyceum.models.generative.diffusion;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.info.OptimalTransport;
import lyceum.models.generative.GenerativeMetrics;
import lyceum.models.generative.diffusion.ParadigmReport.Paradigm;
import lyceum.models.generative.diffusion.ParadigmReport.Row;
import lyceum.nn.Adapter;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.prob.Categorical;
import lyceum.prob.MarkovChain;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import lyceum.withers.Withers;

/**
 * The same data, the same size of network, the same training: once from left to right, once by taking noise away. Tokens of a Markov source, whose likelihoods and
 * posteriors are known, are learned by a {@link TokenAutoregression} and a {@link MaskedDiffusion}; points by an {@link AutoregressiveMixture} and a {@link Ddpm}.
 *
 * {@snippet :
 * var source = new MarkovChain(new double[][] {{0.9, 0.1}, {0.3, 0.7}});
 * var comparison = new ParadigmComparison(new TokenModelConfig(2, 32, 2, 32, 2));
 * var tokens = comparison.overTokens(source, rng, Progress.SILENT);
 * tokens.report().rows().forEach(System.out::println);
 * }
 *
 * @param network of both token models
 * @param strings to learn from
 * @param epochs over them
 * @param batchSize of a step
 * @param rate of Adam at the start, falling as a cosine
 * @param samples drawn of each model, and test strings
 * @param passes K of the diffusion's samples
 * @param gap tokens in the middle that are filled in; all fillings are counted out
 * @param contexts strings whose middle is filled in
 * @param draws of the bound a string
 */
@Withers
public record ParadigmComparison(TokenModelConfig network, int strings, int epochs, int batchSize, double rate, int samples,
        List<Integer> passes, int gap, int contexts, int draws) implements ParadigmComparisonWithers {
    private static final int COMPONENTS = 8, NOISE_STEPS = 100, MOST_FILLINGS = 1 << 12;

    public ParadigmComparison {
        Objects.requireNonNull(network, "network");
        passes = List.copyOf(passes);
        if (strings < 1 || epochs < 1 || batchSize < 1 || samples < 2 || contexts < 1 || draws < 1)
            throw new IllegalArgumentException("ParadigmComparison: " + strings + " strings, " + epochs + " epochs, batches of " + batchSize
                    + ", " + samples + " samples, " + contexts + " contexts, " + draws + " draws; at least 1 of each, 2 samples");
        for (int k : passes)
            if (k < 1 || k > network.length()) throw new IllegalArgumentException(
                    "ParadigmComparison: " + k + " passes for strings of " + network.length() + "; from 1 to as many");
        if (gap < 1 || gap > network.length() - 2 || Math.pow(network.vocabulary(), gap) > MOST_FILLINGS)
            throw new IllegalArgumentException("ParadigmComparison: a gap of " + gap + " in strings of " + network.length() + " over "
                    + network.vocabulary() + " tokens; a token stays at either side, and there are at most " + MOST_FILLINGS + " fillings");
    }

    /** 4,096 strings, 20 epochs of batches of 64, Adam at 3e-3, 1,000 samples, K of 2, a quarter of L and L, gaps of 3 in 50 strings, 8 draws. */
    public ParadigmComparison(TokenModelConfig network) {
        this(network, 4_096, 20, 64, 3e-3, 1_000,
                List.of(Math.min(2, network.length()), Math.max(1, network.length() / 4), network.length()), 3, 50, 8);
    }

    /** Both models of tokens, and how they compare. */
    public record Tokens(TokenAutoregression autoregression, MaskedDiffusion diffusion, ParadigmReport report) {}

    /** Both models of points, and how they compare. */
    public record Points(AutoregressiveMixture autoregression, DiffusionModel diffusion, ParadigmReport report) {}

    /** Strings (n, L) of a chain that begins in its stationary law. */
    public Tensor strings(MarkovChain source, int n, Rng rng) {
        var first = new Categorical(source.stationary());
        var rows = new int[n][];
        for (int i = 0; i < n; i++) rows[i] = source.simulate(rng, (int) first.sample(rng), network.length());
        return TokenNetwork.tensor(rows);
    }

    /** Trains both on strings of the source and compares them on others. */
    public Tokens overTokens(MarkovChain source, Rng rng, Progress progress) {
        if (source.states() != network.vocabulary()) throw new IllegalArgumentException(
                "ParadigmComparison: a source of " + source.states() + " states for " + network.vocabulary() + " tokens");
        var data = strings(source, strings, rng.split(1));
        var autoregression = new TokenAutoregression(network, rng.split(2));
        var diffusion = new MaskedDiffusion(network, rng.split(2));
        train(autoregression, autoregression.over(data), strings, rng.split(3), progress);
        train(diffusion, diffusion.over(data), strings, rng.split(3), progress);
        return new Tokens(autoregression, diffusion, compare(autoregression, diffusion, source, rng.split(4)));
    }

    private void train(Module model, BatchLoss loss, int rows, Rng rng, Progress progress) {
        int steps = epochs * ((rows + batchSize - 1) / batchSize);
        new Trainer(new Adam(rate), epochs).withBatchSize(batchSize).withSchedule(new Schedule.Cosine(steps)).withAveraging(0.99)
                .start(model, rows, loss, null, rng).finish(progress);
    }

    /** The comparison of models that are there. */
    public ParadigmReport compare(TokenAutoregression autoregression, MaskedDiffusion diffusion, MarkovChain source, Rng rng) {
        var test = strings(source, samples, rng.split(1));
        int[][] rows = TokenNetwork.rows(test);
        double[] stationary = source.stationary(), truth = new double[samples];
        double entropy = 0, length = network.length();
        for (int i = 0; i < samples; i++) truth[i] = -(Math.log(stationary[rows[i][0]]) + source.logLikelihood(rows[i])) / length;
        double[][] law = source.transition();
        for (int a = 0; a < law.length; a++) for (double p : law[a]) if (p > 0) entropy -= stationary[a] * p * Math.log(p);
        int wish = 0;
        for (int a = 1; a < stationary.length; a++) if (stationary[a] < stationary[wish]) wish = a;
        var posteriors = posteriors(source, rows);

        var report = new ArrayList<Row>();
        double[] exact = autoregression.logProbability(test).div(-length).to(DType.F64).toDoubleArray();
        var drawn = counted(autoregression, () -> autoregression.sample(samples, rng.split(2)));
        double granted = 0;
        for (int[] row : TokenNetwork.rows(drawn.value)) if (row[row.length - 1] == wish) granted++;
        double[][] left = fillings(rows, (strings, hidden) -> autoregression.logProbabilities(strings, Pass.inference()));
        report.add(row(Paradigm.AUTOREGRESSION, autoregression, truth, exact, drawn, source, divergence(posteriors, left),
                drawn.passes * samples / granted));

        double[] bound = diffusion.bound(test, draws, rng.split(3)).mean(1).div(length).to(DType.F64).toDoubleArray();
        double[][] both = fillings(rows, (strings, hidden) -> diffusion.logProbabilities(strings, hidden, Pass.inference()));
        double infilling = divergence(posteriors, both);
        for (int k : passes) {
            drawn = counted(diffusion, () -> diffusion.sample(samples, k, rng.split(4), Progress.SILENT));
            var last = Tensor.arange(network.length()).eq(network.length() - 1L).to(DType.I64).unsqueeze(0).expand(2, network.length());
            var wished = counted(diffusion, () -> diffusion.infill(last, last, k, rng.split(5), Progress.SILENT));
            report.add(row(Paradigm.DIFFUSION, diffusion, truth, bound, drawn, source, infilling, wished.passes));
        }
        double mean = 0;
        for (double t : truth) mean += t / samples;
        return new ParadigmReport(mean, entropy, report);
    }

    private record Drawn(Tensor value, int passes) {}

    private static Drawn counted(Module model, Supplier<Tensor> draw) {
        var calls = new AtomicInteger();
        Adapter counter = (in, out, pass) -> {
            calls.incrementAndGet();
            return out;
        };
        model.attach(counter);
        try {
            return new Drawn(draw.get(), calls.get());
        } finally {
            model.detach(counter);
        }
    }

    private Row row(Paradigm paradigm, Module model, double[] truth, double[] nll, Drawn drawn, MarkovChain source, double infilling,
            double wish) {
        double[][] law = source.transition(), counts = new double[law.length][law.length];
        double[] stationary = source.stationary();
        int pairs = 0;
        for (int[] row : TokenNetwork.rows(drawn.value)) for (int t = 1; t < row.length; t++, pairs++) counts[row[t - 1]][row[t]]++;
        double variation = 0, entropy = 0;
        for (int a = 0; a < law.length; a++) {
            double sum = 0;
            for (double c : counts[a]) sum += c;
            for (int b = 0; b < law.length; b++) {
                variation += Math.abs(counts[a][b] / pairs - stationary[a] * law[a][b]) / 2;
                if (counts[a][b] > 0) entropy -= counts[a][b] / pairs * Math.log(counts[a][b] / sum);
            }
        }
        return new Row(paradigm, model.parameterCount(), mean(nll), error(nll, truth), drawn.passes, variation, entropy, infilling, wish);
    }

    private static double mean(double[] x) {
        double sum = 0;
        for (double v : x) sum += v;
        return sum / x.length;
    }

    private static double error(double[] a, double[] b) {
        double mean = mean(a) - mean(b), squares = 0;
        for (int i = 0; i < a.length; i++) squares += (a[i] - b[i] - mean) * (a[i] - b[i] - mean);
        return Math.sqrt(squares / (a.length - 1) / a.length);
    }

    private int fillings() { return (int) Math.round(Math.pow(network.vocabulary(), gap)); }

    private int from() { return (network.length() - gap) / 2; }

    /** The row with filling number f in its gap. */
    private int[] filled(int[] row, int f) {
        int[] x = row.clone();
        for (int j = 0; j < gap; j++, f /= network.vocabulary()) x[from() + j] = f % network.vocabulary();
        return x;
    }

    private double[][] posteriors(MarkovChain source, int[][] rows) {
        var all = new double[Math.min(contexts, rows.length)][fillings()];
        for (int i = 0; i < all.length; i++) {
            double sum = 0;
            for (int f = 0; f < all[i].length; f++)
                sum += all[i][f] = Math.exp(source.logLikelihood(filled(rows[i], f)) - source.logLikelihood(rows[i]));
            for (int f = 0; f < all[i].length; f++) all[i][f] /= sum;
        }
        return all;
    }

    /** Log-probabilities (n, L) of tokens, those from a place on hidden. */
    private interface Conditionals {
        Tensor of(Tensor strings, Tensor hidden);
    }

    /** Log-probabilities of every filling by the chain rule from left to right, for each context. */
    private double[][] fillings(int[][] rows, Conditionals conditionals) {
        var all = new double[Math.min(contexts, rows.length)][];
        var places = Tensor.arange(network.length());
        for (int i = 0; i < all.length; i++) {
            var strings = new int[fillings()][];
            for (int f = 0; f < strings.length; f++) strings[f] = filled(rows[i], f);
            var x = TokenNetwork.tensor(strings);
            all[i] = Autograd.noGrad(() -> {
                Tensor sum = null;
                for (long j = from(); j < from() + gap; j++) {
                    var hidden = places.ge(j).and(places.lt((long) from() + gap)).to(DType.F32).unsqueeze(0).expand(x.shape().toArray());
                    var term = conditionals.of(x, hidden).select(1, j);
                    sum = (sum == null ? term : sum.add(term)).compute();
                }
                return sum.to(DType.F64).toDoubleArray();
            });
        }
        return all;
    }

    /** The mean of {@code KL(p || q)} over contexts. */
    private static double divergence(double[][] p, double[][] logQ) {
        double sum = 0;
        for (int i = 0; i < p.length; i++)
            for (int f = 0; f < p[i].length; f++) if (p[i][f] > 0) sum += p[i][f] * (Math.log(p[i][f]) - logQ[i][f]);
        return sum / p.length;
    }

    /**
     * Trains a mixture of 8 normal laws a number and a Gaussian diffusion of 100 steps on rows (n, d) and compares them on others. The source's own likelihood is not known
     * here; errors are those of the means.
     */
    public Points overPoints(Tensor train, Tensor test, Rng rng, Progress progress) {
        if (train.rank() != 2 || test.rank() != 2 || train.size(1) != test.size(1)) throw new ShapeException(
                "ParadigmComparison: points " + train.shape() + " and " + test.shape() + "; they are (n, d) and (m, d)");
        int d = (int) train.size(1), n = (int) train.size(0), width = 64;
        Tensor x = train.to(DType.F32), held = test.to(DType.F32).compute();
        var mixture = new AutoregressiveMixture(d, COMPONENTS, DType.F32, rng.split(1), width, width);
        train(mixture, mixture.over(x), n, rng.split(2), progress);
        var ddpm = new Ddpm(NoiseSchedule.cosine(NOISE_STEPS)).withPrediction(Prediction.VELOCITY);
        var denoiser = new PointDenoiser(new PointDenoiserConfig(d).withWidth(width).withTimeScale(1000.0 / NOISE_STEPS), rng.split(3));
        train(denoiser, ddpm.over(denoiser, x), n, rng.split(4), progress);
        var model = ddpm.model(denoiser);

        var report = new ArrayList<Row>();
        double[] nll = mixture.logDensity(held).neg().to(DType.F64).toDoubleArray();
        report.add(row(Paradigm.AUTOREGRESSION, mixture, nll, counted(mixture, () -> mixture.sample(samples, rng.split(5))), held, rng));
        double[] bound = Autograd
                .noGrad(() -> ddpm.bound(denoiser, held, null, NoiseStreams.of(rng.split(6), (int) held.size(0))).to(DType.F64).compute())
                .toDoubleArray();
        for (int k : passes) {
            var generator = model.generator(new DdimSampler(k), DType.F32, d);
            report.add(
                    row(Paradigm.DIFFUSION, denoiser, bound, counted(denoiser, () -> generator.sample(samples, rng.split(7))), held, rng));
        }
        return new Points(mixture, model, new ParadigmReport(Double.NaN, 1, report));
    }

    private Row row(Paradigm paradigm, Module model, double[] nll, Drawn drawn, Tensor held, Rng rng) {
        int n = (int) Math.min(drawn.value.size(0), held.size(0));
        Tensor real = held.narrow(0, 0, n), fake = drawn.value.narrow(0, 0, n);
        double distance = OptimalTransport.sliced(fake.toRows(), real.toRows(), 2, 50, rng.split(8));
        double recall = GenerativeMetrics.neighbourhoods(real, fake, Math.min(5, n - 1)).recall();
        return new Row(paradigm, model.parameterCount(), mean(nll), error(nll, new double[nll.length]), drawn.passes, distance, recall,
                Double.NaN, Double.NaN);
    }
}
