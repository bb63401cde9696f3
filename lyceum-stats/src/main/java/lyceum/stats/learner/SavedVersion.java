package lyceum.stats.learner;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The version of a record's saved form, from 1 (which needs no annotation). Raise it when components change, and give the record
 * {@code static ObjectNode upgrade(int fromVersion, ObjectNode fields)}, which turns an older form into the present one.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface SavedVersion {
    int value();
}
