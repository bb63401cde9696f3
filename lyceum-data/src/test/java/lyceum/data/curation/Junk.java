package lyceum.data.curation;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import lyceum.data.corpus.Document;
import lyceum.random.Rng;

/** What nobody wants to learn from, planted by tests. */
final class Junk {
    private static final String[] MENU = {"Home", "About us", "Contact", "Log in", "Sign up", "Cart (0)", "Search", "Help", "Next page >",
            "Previous", "Share on social media", "Accept all cookies", "This site uses cookies", "Terms of use", "Privacy policy",
            "All rights reserved", "Subscribe", "Top 10", "Categories", "Archive", "RSS", "Print this page", "Back to top",
            "Language: English", "Menu", "FAQ"};
    private static final String SOUP = "#$%&*+=<>{}[]|\\/~^@_;:0123456789";
    private static final String[] NOUNS = {"watch", "loan", "pill", "casino", "jackpot", "diet", "crypto coin", "mortgage", "replica bag",
            "refund", "prize", "voucher", "software licence", "degree", "timeshare", "miracle cream"};
    private static final String[] PITCHES = {"Act now and get your %s for only $%d!!!",
            "Limited offer: a free %s worth $%d is waiting, click here.",
            "Dear friend, you have been selected to receive a %s and $%d in cash.",
            "Lowest prices on every %s, save %d percent today only!",
            "No prescription, no questions: order the %s now, %d satisfied customers.",
            "Your %s has been approved, reply within %d hours to claim."};

    private Junk() {}

    static Map<String, List<String>> manPages() {
        var pages = new TreeMap<String, List<String>>();
        try (var in = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Junk.class.getResourceAsStream("/lyceum/data/corpus/man-pages.tsv.gz")), StandardCharsets.UTF_8))) {
            for (var line = in.readLine(); line != null; line = in.readLine()) {
                var cells = line.split("\t");
                pages.computeIfAbsent(cells[0], language -> new ArrayList<>()).add(cells[2].replace("\\n", "\n"));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return pages;
    }

    /** {@code n} of each of repeats, symbol soup and boilerplate, and all manual pages. */
    static List<Document> planted(Rng rng, int n, List<String> sentences) {
        var junk = new ArrayList<Document>();
        for (int i = 0; i < n; i++) {
            junk.add(Document.of("repeat-" + i, repeats(rng, sentences)));
            junk.add(Document.of("soup-" + i, soup(rng)));
            junk.add(Document.of("boilerplate-" + i, boilerplate(rng)));
        }
        manPages().forEach((language, pages) -> {
            for (int i = 0; i < pages.size(); i++) junk.add(Document.of("man-" + language + "-" + i, pages.get(i)));
        });
        return junk;
    }

    static String repeats(Rng rng, List<String> sentences) {
        var text = new StringBuilder();
        int kinds = 1 + rng.nextInt(4), lines = 40 + rng.nextInt(60), from = rng.nextInt(sentences.size() - 5);
        for (int i = 0; i < lines; i++) text.append(sentences.get(from + rng.nextInt(kinds))).append(rng.nextInt(3) == 0 ? " " : "\n");
        return text.toString();
    }

    static String soup(Rng rng) {
        var text = new StringBuilder();
        for (int i = 0, n = 300 + rng.nextInt(400); i < n; i++) {
            for (int j = 1 + rng.nextInt(8); j > 0; j--)
                text.append(rng.nextInt(6) == 0 ? (char) ('a' + rng.nextInt(26)) : SOUP.charAt(rng.nextInt(SOUP.length())));
            text.append(rng.nextInt(12) == 0 ? '\n' : ' ');
        }
        return text.toString();
    }

    static String boilerplate(Rng rng) {
        var text = new StringBuilder();
        for (int i = 0, n = 60 + rng.nextInt(80); i < n; i++) text.append(MENU[rng.nextInt(MENU.length)]).append('\n');
        return text.toString();
    }

    /** Advertisements; pitches and nouns of the first or of the second half, so that what is learned on one is tried on the other. */
    static String spam(Rng rng, int half, List<String> sentences) {
        var text = new StringBuilder();
        for (int i = 0, n = 12 + rng.nextInt(20); i < n; i++) {
            var pitch = PITCHES[rng.nextInt(PITCHES.length)];
            text.append(pitch.replace("%s", NOUNS[half * 8 + rng.nextInt(8)]).replace("%d", String.valueOf(10 + rng.nextInt(990))))
                    .append(' ');
            if (rng.nextInt(3) == 0) text.append(sentences.get(rng.nextInt(sentences.size()))).append('\n');
        }
        return text.toString();
    }
}
