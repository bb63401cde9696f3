/** Classical machine learning. {@link lyceum.learn.Learners} lists all learners; each family has a package below. */
package lyceum.learn;
