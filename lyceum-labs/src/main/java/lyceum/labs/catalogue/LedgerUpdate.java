package lyceum.labs.catalogue;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import lyceum.labs.run.Machine;

/**
 * The command that brings the committed ledger up to date after the tests ran: {@code LedgerUpdate [--check | --prune] [ROOT]}.
 *
 * <ul>
 *   <li>Without an option, what the modules' {@code target/acceptance.jsonl} say is merged into the ledger; checks that did
 *       not run stay as they are.
 *   <li>{@code --prune} also drops checks that did not run, except those that do not run every time ({@code heavy:},
 *       {@code bench:}); for after a run of all tests.
 *   <li>{@code --check} writes nothing, and ends with 1 when the ledger claims what this run did not repeat: a check that
 *       failed, or one that every run should make and this one did not.
 * </ul>
 */
public final class LedgerUpdate {

    private final Path root;
    private final LedgerFolder files;
    private final PrintStream out;

    LedgerUpdate(Path root, LedgerFolder files, PrintStream out) {
        this.root = root;
        this.files = files;
        this.out = out;
    }

    /** Runs the command; exit code 2 for a usage error. */
    public static void main(String[] args) throws IOException {
        var options = new ArrayList<>(List.of(args));
        boolean check = options.remove("--check");
        boolean prune = options.remove("--prune");
        var root = Path.of(options.isEmpty() ? "." : options.getFirst());
        var files = LedgerFolder.of(root);
        if (options.size() > 1 || check && prune || !files.exists()) {
            System.err.println("usage: LedgerUpdate [--check | --prune] [ROOT], where ROOT holds " + LedgerFolder.PLACE);
            System.exit(2);
        }
        var update = new LedgerUpdate(root, files, System.out);
        if (!check) {
            update.write(prune);
        } else if (!update.check()) {
            System.exit(1);
        }
    }

    /** Merges; a file is touched only when its text changes. */
    void write(boolean prune) throws IOException {
        var seen = Seen.under(root, LocalDate.now(ZoneOffset.UTC).toString(), Machine.cpu(), commit());
        var ledger = files.read();
        var ran = byKey(seen);
        var merged = (prune ? ledger.without(e -> everyTime(e) && !ran.containsKey(key(e))) : ledger).merged(seen);
        files.write(merged);
        out.println("ledger: " + seen.size() + " checks ran, " + merged.entries().size() + " stand, "
                + merged.entries().stream().filter(e -> !e.holds()).count() + " fail");
    }

    /** Whether this run repeated what the ledger claims; prints what it did not. */
    boolean check() throws IOException {
        var seen = byKey(Seen.under(root, "", "", ""));
        boolean repeated = true;
        for (var claim : files.read().entries()) {
            var now = seen.get(key(claim));
            var wrong = !claim.holds() ? null
                    : now != null && !now.holds() ? "fails now" : now == null && everyTime(claim) ? "did not run" : null;
            if (wrong != null) {
                repeated = false;
                out.println("ledger: " + claim.topic() + " clause " + claim.clause() + ", claimed by " + claim.test() + ", " + wrong);
            }
        }
        return repeated;
    }

    private static HashMap<String, LedgerEntry> byKey(Collection<LedgerEntry> entries) {
        var byKey = new HashMap<String, LedgerEntry>();
        entries.forEach(e -> byKey.put(key(e), e));
        return byKey;
    }

    private static String key(LedgerEntry e) { return e.topic() + " " + e.clause() + " " + e.test(); }

    private static boolean everyTime(LedgerEntry e) { return !e.test().startsWith("heavy:") && !e.test().startsWith("bench:"); }

    private String commit() {
        try {
            var git = new ProcessBuilder("git", "rev-parse", "--short=10", "HEAD").directory(root.toFile()).redirectErrorStream(true)
                    .start();
            var text = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return git.waitFor() == 0 ? text : "unknown";
        } catch (IOException e) {
            return "unknown";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "unknown";
        }
    }
}
