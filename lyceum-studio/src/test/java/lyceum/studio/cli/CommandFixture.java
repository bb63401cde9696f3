package lyceum.studio.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lyceum.labs.Bounds;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Catalogue;
import lyceum.labs.catalogue.Ledger;
import lyceum.labs.catalogue.LedgerEntry;
import lyceum.labs.catalogue.StatusBoard;
import lyceum.labs.catalogue.Topic;
import lyceum.plot.Figure;

/** A catalogue of four topics, two labs, and a terminal that remembers. */
final class CommandFixture {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private int code;

    /** Runs a command as in a pipe. */
    static CommandFixture lyceum(String... args) { return on(false, args); }

    /** Runs a command on a terminal with colour, or in a pipe. */
    static CommandFixture on(boolean terminal, String... args) {
        var fixture = new CommandFixture();
        var screen = new Terminal(new PrintStream(fixture.out, true, StandardCharsets.UTF_8),
                new PrintStream(fixture.err, true, StandardCharsets.UTF_8), terminal, terminal, 80);
        fixture.code = LyceumCommand.run(screen, encyclopedia(), args);
        return fixture;
    }

    int code() { return code; }

    String out() { return out.toString(StandardCharsets.UTF_8); }

    String err() { return err.toString(StandardCharsets.UTF_8); }

    static Encyclopedia encyclopedia() {
        var catalogue = Catalogue.of(List.of(topic(1, "Vectors", "vectors", "Linear algebra", "beginner", List.of()),
                topic(2, "K-Means Clustering", "k-means", "Clustering", "beginner", List.of("vectors")),
                topic(3, "Gaussian Mixture", "gaussian-mixture", "Clustering", "practitioner", List.of("k-means")),
                topic(4, "Broken \"Lab\"", "broken-lab", "Clustering", "researcher", List.of())));
        var ledger = Ledger.of(List.of(new LedgerEntry("k-means", 1, "KMeansTest", true, "0", "2026-01-01", "cpu", "abc")));
        return new Encyclopedia(() -> catalogue, c -> StatusBoard.of(c, ledger, CommandFixture::article), CommandFixture::article);
    }

    private static Topic topic(int number, String title, String slug, String area, String level, List<String> needs) {
        return new Topic(number, title, slug, "algorithm", "learn", area, level, "What " + title + " is and what it is for, in a sentence.",
                List.of("alias of " + slug), needs, List.of(), List.of("the check holds"));
    }

    private static Optional<Article> article(String slug) {
        return switch (slug) {
            case "k-means" -> Optional.of(new Article(slug,
                    Map.of("lab", SteadyLab.class.getName(), "api", "lyceum.learn.KMeans", "sources",
                            "Lloyd (1982), Least Squares Quantization in PCM\nHamerly (2010), Making k-means Even Faster", "amended",
                            "1: it holds on whole numbers | A sum rounds.", "remarks", "Clause 1 takes a second."),
                    "Move each centre to its mean, $\\mu_k = \\frac{1}{n_k}\\sum_i x_i$.\n\n$$J = \\sum_k \\|x - \\mu_k\\|^2$$\n\n**Use it** when clusters are round."));
            case "broken-lab" -> Optional.of(new Article(slug, Map.of("lab", BrokenLab.class.getName()), "Nothing."));
            default -> Optional.empty();
        };
    }

    /** Shows one of everything; what it shows of the noise fails at seed 13, and differs when {@code tight} is on. */
    @Lab(topics = "k-means", title = "A bad start ends in a worse optimum")
    static final class SteadyLab implements LabBody {
        @Override public void run(LabContext lab) {
            int k = lab.param("k", 10, 2, 20);
            double noise = lab.param("noise", 0.1, 0, 1);
            boolean tight = lab.flag("tight", false);
            for (int i : lab.progress("steps", 3)) {
                lab.say("Step %d of %d.", i + 1, k);
            }
            lab.table("Centres, by size", List.of("name", "size"), List.of(List.of("first, \"big\"", 12), List.of("second", 3.25)));
            lab.figure(Figure.line("Inertia by iteration", new double[] {3, 2, 1}).axes("iteration", "inertia").describedAs("It falls."));
            lab.check(1, "total = within + between", 4.4e-12, Bounds.below(1e-9));
            lab.shows("noise stays small", noise, tight || lab.seed() == 13 ? Bounds.below(0.01) : Bounds.below(2));
        }
    }

    @Lab(topics = "broken-lab", title = "It throws")
    static final class BrokenLab implements LabBody {
        @Override public void run(LabContext lab) {
            lab.say("begun");
            throw new IllegalStateException("the wheel came off");
        }
    }
}
