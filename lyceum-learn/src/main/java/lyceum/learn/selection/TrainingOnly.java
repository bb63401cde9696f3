package lyceum.learn.selection;

/**
 * Rows that were made of others for a fit (resampled, augmented) and must not be divided any more: copies and mixtures of one row would train and test.
 * {@link CrossValidation} refuses them.
 */
public interface TrainingOnly {
    /** What made them, and what to do instead; a sentence's end. */
    String advice();
}
