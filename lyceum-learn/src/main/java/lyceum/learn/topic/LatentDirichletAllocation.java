package lyceum.learn.topic;

import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.prob.Gamma;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Latent Dirichlet allocation: documents mix topics, topics are distributions over words. A topic k draws {@code phi_k ~ Dir(eta)} over V words,
 * a document {@code theta_d ~ Dir(alpha)} over K topics, each token a topic from theta and a word from phi.
 *
 * {@snippet :
 * var brown = lyceum.data.Datasets.brownWords();
 * LdaModel model = new LatentDirichletAllocation(20).fit(brown.csr());
 * for (int w : model.topWords(3, 8)) System.out.println(brown.vocabulary().get(w));
 * Tensor shares = model.transform(brown.csr());                        // (n x 20), for new documents as well
 * }
 *
 * <p>Word counts in, sparse best. Batch variational Bayes raises a lower bound of the evidence at every iteration; the online form moves after
 * every batch of documents, for large collections; Gibbs sampling draws from the exact posterior and often finds the sharper topics, token by
 * token on one thread. Topic numbers mean nothing across runs: {@link LdaModel#withTopics} reorders them, and fitting from a given start keeps
 * them.
 *
 * @param topics K, at least 1
 * @param method batch variational Bayes by default
 * @param alpha of each topic in a document, above 0; 1 / K by default
 * @param eta of each word in a topic, above 0; 1 / K by default
 * @param learnAlpha whether alpha is fitted, a number a topic (an asymmetric prior lets a few topics soak up common words); no by default
 * @param iterations over all documents at most, 100 by default; Gibbs does all of them and averages every tenth of the second half
 * @param tolerance variational Bayes ends when the bound changes by less than this times its value; 1e-6 by default, 0 does all
 * @param batchSize documents of an online step, 128 by default
 * @param offset of the online step {@code (offset + t)^-decay}: 10 by default, slows early steps
 * @param decay in (0.5, 1], 0.7 by default
 * @param seed of the start and all draws
 * @see <a href="https://www.jmlr.org/papers/v3/blei03a.html">Blei, Ng and Jordan (2003)</a>
 * @see <a href="https://papers.nips.cc/paper/2010/hash/71f6278d140af599e06ad9bf1ba03cb0-Abstract.html">Hoffman, Blei and Bach (2010): online</a>
 * @see <a href="https://papers.nips.cc/paper/2009/hash/0d0871f0806eae32d30983b62252da50-Abstract.html">Wallach, Mimno and McCallum (2009): priors</a>
 */
@Withers
public record LatentDirichletAllocation(int topics, Method method, double alpha, double eta, boolean learnAlpha, int iterations,
        double tolerance, int batchSize, double offset, double decay, long seed) implements LatentDirichletAllocationWithers, Transformer {

    /** How the posterior is found. */
    public enum Method {
        VARIATIONAL, ONLINE, GIBBS
    }

    public LatentDirichletAllocation {
        if (topics < 1) throw new IllegalArgumentException("LatentDirichletAllocation: topics is " + topics + "; it is at least 1");
        Objects.requireNonNull(method, "method");
        positive("LatentDirichletAllocation", "alpha", alpha);
        positive("LatentDirichletAllocation", "eta", eta);
        if (iterations < 1)
            throw new IllegalArgumentException("LatentDirichletAllocation: iterations is " + iterations + "; it is at least 1");
        if (!(tolerance >= 0))
            throw new IllegalArgumentException("LatentDirichletAllocation: tolerance is " + tolerance + "; it is at least 0");
        if (batchSize < 1)
            throw new IllegalArgumentException("LatentDirichletAllocation: batchSize is " + batchSize + "; it is at least 1");
        if (!(offset >= 1)) throw new IllegalArgumentException("LatentDirichletAllocation: offset is " + offset + "; it is at least 1");
        if (!(decay > 0.5 && decay <= 1)) throw new IllegalArgumentException(
                "LatentDirichletAllocation: decay is " + decay + "; it is above 0.5 and at most 1, else the steps do not converge");
    }

    public LatentDirichletAllocation(int topics) {
        this(topics, Method.VARIATIONAL, 1.0 / topics, 1.0 / topics, false, 100, 1e-6, 128, 10, 0.7, 0);
    }

    static void positive(String operation, String name, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(operation + ": " + name + " is " + value + "; it is finite and above 0");
    }

    @Override public Set<Tag> tags() { return Set.of(Tag.POSITIVE_ONLY, Tag.NO_WEIGHTS, Tag.RANDOMISED); }

    @Override public LdaModel fit(Tensor x) { return fit(x, null, null); }

    @Override public LdaModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        return fit(Csr.fromDense(input.x().to(DType.F64)));
    }

    public LdaModel fit(Csr counts) { return fit(counts, null, Progress.SILENT); }

    /**
     * @param counts documents x words; Gibbs wants whole ones
     * @param start (K x V), above 0: pseudo-counts to begin with, such as those of last week's model, whose topics then keep their numbers; null
     *     draws them. Gibbs does not use it
     */
    public LdaModel fit(Csr counts, Tensor start, Progress progress) {
        if (method == Method.GIBBS) return sample(counts, progress);
        var data = WordCounts.of("LatentDirichletAllocation.fit", counts);
        double[] lambda = start == null ? drawn(data.vocabulary()) : given(start, data.vocabulary());
        return new VariationalTopics(this, data, lambda).fit(progress);
    }

    /** Gamma draws of mean 1 and deviation 0.1, as Hoffman begins. */
    private double[] drawn(int vocabulary) {
        var gamma = new Gamma(100, 100);
        var rng = Rng.of(seed);
        var lambda = new double[vocabulary * topics];
        for (int i = 0; i < lambda.length; i++) lambda[i] = gamma.sample(rng);
        return lambda;
    }

    private double[] given(Tensor start, int vocabulary) {
        if (start.rank() != 2 || start.size(0) != topics || start.size(1) != vocabulary) throw new ShapeException(
                "LatentDirichletAllocation.fit: start has shape " + start.shape() + "; it is (" + topics + ", " + vocabulary + ")");
        double[] lambda = start.transpose().contiguous().toDoubleArray();
        for (double v : lambda) positive("LatentDirichletAllocation.fit", "a number of start", v);
        return lambda;
    }

    private LdaModel sample(Csr counts, Progress progress) {
        var rng = Rng.of(seed);
        var priors = new double[topics];
        Arrays.fill(priors, alpha);
        var chain = new CollapsedGibbs(counts, priors, eta, rng);
        var history = new double[iterations];
        Tensor sum = null;
        int samples = 0;
        for (int t = 0; t < iterations; t++) {
            chain.sweep(rng);
            if (learnAlpha && t % 10 == 9) chain.improveAlpha(5);
            history[t] = chain.logJoint();
            if (2 * t + 1 >= iterations && (iterations - 1 - t) % 10 == 0) {
                var now = chain.topicWords().to(DType.F64);
                sum = sum == null ? now : sum.add(now).compute();
                samples++;
            }
            progress.step("latent Dirichlet allocation", t + 1, iterations, "log joint per token", history[t] / chain.tokens());
        }
        double[] lambda = sum.mul(1.0 / samples).add(eta).transpose().contiguous().toDoubleArray();
        return model(lambda, chain.alpha(), history, iterations, true);
    }

    LdaModel model(double[] lambda, double[] alpha, double[] history, int iterations, boolean converged) {
        return new LdaModel(Tensor.of(lambda, lambda.length / topics, topics).transpose().contiguous(), alpha, history, iterations,
                converged, this);
    }
}
