package lyceum.llm.generate;

import java.util.List;
import lyceum.llm.Continuation;
import lyceum.random.Rng;

/** A way to come to one answer a prompt, with more or less work; {@link TestTimeScaling} has the usual ones. */
@FunctionalInterface
public interface AnswerStrategy {
    /** One answer each. */
    List<Continuation> answers(List<int[]> prompts, Rng rng);
}
