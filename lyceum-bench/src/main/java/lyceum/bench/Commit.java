package lyceum.bench;

import java.io.IOException;
import java.nio.file.Path;

/** Which commit of the sources is running. */
final class Commit {
    private Commit() {}

    /** Ten digits, or "unknown" outside a clone. */
    static String of(Path root) {
        try {
            var git = new ProcessBuilder("git", "rev-parse", "--short=10", "HEAD").directory(root.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            var hash = git.inputReader().readLine();
            return hash == null ? "unknown" : hash.strip();
        } catch (IOException e) {
            return "unknown";
        }
    }
}
