/** Many classes by learners that know two: {@link lyceum.learn.multiclass.OneVsRest} first. */
package lyceum.learn.multiclass;
