/**
 * From a table to a model one can defend. {@link lyceum.learn.table.TableFit} is where to start: it looks at the columns, tries several learners on the same
 * folds beside a baseline, says whether the winner's lead is real, what leaks, how sure its probabilities may be taken, and on what it rests; the
 * {@link lyceum.learn.table.TableModel} that it gives takes frames, is saved as one file, and explains a row.
 */
package lyceum.learn.table;
