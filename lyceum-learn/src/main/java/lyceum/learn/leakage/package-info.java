/**
 * Leaks in an evaluation: {@link lyceum.learn.leakage.Evaluation} says what is evaluated and how, {@link lyceum.learn.leakage.LeakageAudit} looks for columns that
 * tell the answer, rows on both sides, and procedures that have seen test rows. Start at {@code LeakageAudit}.
 */
package lyceum.learn.leakage;
