/**
 * Statistics: descriptive measures, intervals and tests that the learners and their metrics need.
 *
 * <p>Start with {@link lyceum.stats.learner} for the interfaces that every learner implements.
 */
package lyceum.stats;
