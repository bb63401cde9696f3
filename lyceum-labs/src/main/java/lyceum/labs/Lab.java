package lyceum.labs;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Names the topics that a {@link LabBody} proves. An article's front matter ({@code lab:}) points back at the class. */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface Lab {

    /** Slugs of the topics; the first one is the lab's home. */
    String[] topics();

    /** What the lab shows, in a few words: {@code "A bad start ends in a worse optimum"}. */
    String title();
}
