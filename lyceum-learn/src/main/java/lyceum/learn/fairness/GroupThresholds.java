package lyceum.learn.fairness;

import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/**
 * Thresholds on a classifier's score, one or two of them drawn at random for each group, such that the criterion holds and expected
 * accuracy is
 * the largest that thresholds can have. The scorer stays as it is; deciding needs the group.
 *
 * @param base whose scores are cut; {@code predictProba} or else {@code decisionFunction}
 * @param criterion DEMOGRAPHIC_PARITY, EQUAL_OPPORTUNITY or EQUALISED_ODDS
 * @see <a href="https://arxiv.org/abs/1610.02413">Hardt, Price and Srebro (2016), Equality of Opportunity in Supervised Learning</a>
 */
public record GroupThresholds(Classifier base, FairnessCriterion criterion) implements BiasMitigation {
    public GroupThresholds {
        ThresholdRule.check(criterion);
    }

    /** Classifier and thresholds on the same rows; where it fits them closely give {@link ThresholdRule#fit} scores of other rows. */
    @Override public FairModel fit(Tensor x, Tensor labels, Tensor groups) {
        var rows = GroupedRows.of("GroupThresholds.fit", x, labels, groups);
        var scorer = Decisions.fit(base, rows.x(), rows.labels(), null);
        var rule = ThresholdRule.fit(scorer.scores(rows.x()), rows.labels(), groups.toLongArray(), criterion);
        return (z, g) -> rule.acceptance(scorer.scores(z), g);
    }
}
