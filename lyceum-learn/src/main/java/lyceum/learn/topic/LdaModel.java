package lyceum.learn.topic;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * Topics that {@link LatentDirichletAllocation} found.
 *
 * @param pseudoCounts of each word in each topic, lambda (K x V), F64, prior and all: {@code phi_k} has the posterior {@code Dir(lambda_k)}
 * @param alpha of each topic
 * @param history after each iteration: the bound of the evidence, or for Gibbs {@code log p(words, topics)}
 * @param iterations done
 * @param converged whether it ended by its tolerance; Gibbs does all it was asked for
 * @param learner what was fitted
 */
public record LdaModel(Tensor pseudoCounts, double[] alpha, double[] history, int iterations, boolean converged,
        LatentDirichletAllocation learner) implements FittedTransformer {
    private static final double TOLERANCE = 1e-9;
    private static final int STEPS = 2_000;

    @Override public double[] alpha() { return alpha.clone(); }

    @Override public double[] history() { return history.clone(); }

    @Override public int nFeatures() { return (int) pseudoCounts.size(1); }

    @Override public int nOutputs() { return (int) pseudoCounts.size(0); }

    /** Mean probability of each word in each topic (K x V); rows sum to 1. */
    public Tensor topicWords() { return pseudoCounts.div(pseudoCounts.sum(1).unsqueeze(1)); }

    /** The n likeliest words of a topic, likeliest first. */
    public int[] topWords(int topic, int n) {
        if (topic < 0 || topic >= nOutputs()) throw new IndexOutOfBoundsException("topWords: topic " + topic + " of " + nOutputs());
        return pseudoCounts.select(0, topic).neg().argsort(0).narrow(0, 0, Math.clamp(n, 0, nFeatures())).toIntArray();
    }

    /** The same topics in another order: topic t becomes {@code order[t]} of this model. */
    public LdaModel withTopics(int... order) {
        int[] sorted = order.clone();
        Arrays.sort(sorted);
        for (int t = 0; t < nOutputs(); t++)
            if (sorted.length != nOutputs() || sorted[t] != t) throw new IllegalArgumentException(
                    "withTopics: " + Arrays.toString(order) + " is not a permutation of the " + nOutputs() + " topics");
        var permuted = new double[order.length];
        for (int t = 0; t < order.length; t++) permuted[t] = alpha[order[t]];
        return new LdaModel(pseudoCounts.rows(order), permuted, history, iterations, converged, learner);
    }

    /** Expected topic shares of documents (n x K), rows of sum 1, in the type of x. Each document is inferred by itself. */
    @Override public Tensor transform(Tensor x) {
        var input = LearnerInput.forModel(this, x);
        if (x.count() > 0 && input.x().min().item() < 0)
            throw new IllegalArgumentException(input.operation() + ": x holds " + input.x().min().item() + "; counts are at least 0");
        return transform(Csr.fromDense(input.x().to(DType.F64))).to(input.x().dtype());
    }

    /** The same for sparse counts, F64. */
    public Tensor transform(Csr counts) {
        double[] gamma = inferred(counts("transform", counts));
        int k = nOutputs();
        for (int d = 0; d < gamma.length; d += k) {
            double sum = 0;
            for (int t = 0; t < k; t++) sum += gamma[d + t];
            for (int t = 0; t < k; t++) gamma[d + t] /= sum;
        }
        return Tensor.of(gamma, counts.rows(), k);
    }

    private WordCounts counts(String operation, Csr counts) {
        if (counts.columns() != nFeatures()) throw new ShapeException(
                "LdaModel." + operation + ": counts have " + counts.columns() + " words; the model was fitted on " + nFeatures());
        return WordCounts.of(counts, "LdaModel." + operation);
    }

    private double[] lambda() { return pseudoCounts.transpose().contiguous().toDoubleArray(); }

    private DocumentInference inference(WordCounts data) {
        return new DocumentInference(data, TopicWeights.of(lambda(), nOutputs()), alpha, TOLERANCE, STEPS);
    }

    private double[] inferred(WordCounts data) {
        var gamma = new double[data.documents() * nOutputs()];
        DocumentInference.start(data, alpha, 0, data.documents(), gamma);
        inference(data).run(gamma, new double[data.word().length]);
        return gamma;
    }

    /** The lower bound of {@code log p(counts)}: documents inferred, topics as they stand. */
    public double bound(Csr counts) {
        var data = counts("bound", counts);
        return inference(data).bound(inferred(data)) + VariationalTopics.topicBound(lambda(), nOutputs(), learner.eta());
    }

    /**
     * Perplexity by document completion: shares are inferred from a random half of each document's tokens, and
     * {@code exp(-mean log sum_k theta_k phi_kw)} is taken over the other half. Inferring and scoring the same words would flatter every extra topic.
     *
     * @param counts whole numbers, of documents that the model has not seen
     */
    public double perplexity(Csr counts, Rng rng) {
        var halves = Completion.of(counts("perplexity", counts), rng);
        double[] theta = transform(halves.seen()).toDoubleArray(), phi = topicWords().transpose().contiguous().toDoubleArray();
        return halves.perplexity((d, w) -> {
            double p = 0;
            for (int t = 0, k = nOutputs(); t < k; t++) p += theta[d * k + t] * phi[w * k + t];
            return p;
        });
    }
}
