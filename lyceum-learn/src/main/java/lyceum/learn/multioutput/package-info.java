/** Several targets by learners that know one: {@link lyceum.learn.multioutput.MultiOutput}. */
package lyceum.learn.multioutput;
