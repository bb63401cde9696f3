package lyceum.labs.run;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What is told of a lab that threw. */
final class Stacks {

    private Stacks() {}

    static String of(Throwable thrown) {
        var text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    static String sentence(Throwable thrown) {
        if (thrown instanceof OutOfMemoryError) {
            return "the lab used up its memory of " + (Runtime.getRuntime().maxMemory() >> 20) + " MB";
        }
        if (thrown instanceof StackOverflowError) return "the lab recursed too deep";
        var message = thrown.getMessage();
        return message == null || message.isBlank() ? thrown.getClass().getSimpleName() : message;
    }
}
