package lyceum.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Says which clauses of a topic's <em>works when</em> a test method proves.
 *
 * <pre>{@code
 * @Test
 * @Acceptance(topic = "k-means", clause = 2)
 * void withinPlusBetweenEqualsTotal() {
 *     Evidence.of("gap", gap, below(1e-9));
 * }
 * }</pre>
 *
 * <p>Every module that has lyceum-testing in test scope records what ran into {@code target/acceptance.jsonl}
 * ({@link AcceptanceListener}); the clauses and their numbers stand in the catalogue of lyceum-labs. A parameterised or
 * repeated test holds when all of its invocations pass; a skipped test proves nothing and is not recorded. A test that passes
 * without {@link Evidence} fails for that.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Repeatable(Acceptance.All.class)
@ExtendWith(EvidenceRequired.class)
public @interface Acceptance {

    /** The topic's slug, such as {@code k-means}. */
    String topic();

    /** The clauses' numbers, from 1. */
    int[] clause();

    /** Holds several {@link Acceptance} of one method. */
    @Documented
    @Target(ElementType.METHOD)
    @Retention(RetentionPolicy.RUNTIME)
    @ExtendWith(EvidenceRequired.class)
    @interface All {
        /** The annotations, in source order. */
        Acceptance[] value();
    }
}
