package lyceum.withers;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Writes, for each component of the record, a method that copies the record with that component changed.
 *
 * {@snippet :
 * @Withers
 * public record KMeans(int k, long seed) implements KMeansWithers { }
 *
 * new KMeans(10, 1).withSeed(7);   // KMeans[k=10, seed=7]
 * }
 *
 * <p>The methods stand in an interface beside the record, of its name with {@code Withers} behind it (behind those of the enclosing types, for a
 * nested record). A copy goes through the record's constructor, so it is checked as any other. Where the record itself declares
 * {@code withX} with the same parameter, that one counts.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.SOURCE)
public @interface Withers {

    /** On a component that is such a record: its withers are those of this record too. */
    @Target(ElementType.RECORD_COMPONENT)
    @Retention(RetentionPolicy.SOURCE)
    @interface Flat {}
}
