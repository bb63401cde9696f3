package lyceum.learn.fairness;

/** A share of one group's rows. A rate of no rows at all is NaN. */
public enum GroupRate {
    /** {@code P(Y = 1)}: the share of positive labels. */
    LABEL,
    /** {@code P(D = 1)}: the share of positive decisions. */
    SELECTION,
    /** {@code P(D = 1 | Y = 1)}, recall. */
    TRUE_POSITIVE,
    /** {@code P(D = 1 | Y = 0)}. */
    FALSE_POSITIVE,
    /** {@code P(D = 0 | Y = 1)}: 1 less {@link #TRUE_POSITIVE}. */
    FALSE_NEGATIVE,
    /** {@code P(Y = 1 | D = 1)}, precision. */
    POSITIVE_PREDICTIVE_VALUE,
    /** {@code P(Y = 0 | D = 0)}. */
    NEGATIVE_PREDICTIVE_VALUE,
    /** {@code P(D = Y)}. */
    ACCURACY
}
