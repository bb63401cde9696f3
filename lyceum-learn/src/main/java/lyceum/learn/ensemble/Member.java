package lyceum.learn.ensemble;

import lyceum.stats.learner.Model;

/**
 * One of many fits.
 *
 * @param model what it learned
 * @param features the columns that it sees, or null for all
 */
public record Member<M extends Model>(M model, int[] features) {}
