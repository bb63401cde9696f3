package lyceum.models.generative.diffusion;

import java.util.List;

/**
 * What {@link ParadigmComparison} measured. Likelihoods are in nats a token, or a point; NaN is what does not apply.
 *
 * @param sourceNll negative log-likelihood of the test data under the law that they come from
 * @param sourceDiversity of that law, as {@link Row#diversity}
 * @param rows a model, or a model at a number of passes, each
 */
public record ParadigmReport(double sourceNll, double sourceDiversity, List<Row> rows) {
    public ParadigmReport { rows = List.copyOf(rows); }

    /** Which models. */
    public enum Paradigm {
        AUTOREGRESSION, DIFFUSION
    }

    /**
     * A model's numbers.
     *
     * @param paradigm which one
     * @param parameters of the network
     * @param nll negative log-likelihood of the test data: exact of an autoregression, a bound from above of a diffusion
     * @param error standard error of the mean difference to the source's, string by string
     * @param passes of the network for a sample, counted
     * @param distance of samples to the source: total variation of bigrams, or sliced W2
     * @param diversity of samples: entropy of a token given the one before; of points the share of test points within reach of a sample
     * @param infilling divergence of the exact posterior of tokens in the middle from what the model fills in
     * @param wishPasses passes for a sample whose last token is one that was wished for: by drawing until it comes, or by fixing it
     */
    public record Row(Paradigm paradigm, long parameters, double nll, double error, int passes, double distance, double diversity,
            double infilling, double wishPasses) {}

    /** The rows of one paradigm. */
    public List<Row> of(Paradigm paradigm) { return rows.stream().filter(r -> r.paradigm == paradigm).toList(); }
}
