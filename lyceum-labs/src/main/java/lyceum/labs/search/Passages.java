package lyceum.labs.search;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Topic;

/**
 * What is said of a topic, as an encoder reads it.
 *
 * @param headline title and summary, which are kept word by word
 * @param texts the summary and the article's first paragraphs, which are kept as a vector each
 * @param asked how one puts it who does not know its name, which is kept word by word as well; empty for nothing
 */
record Passages(String headline, List<String> texts, String asked) {

    /** The first paragraphs say what a topic is; more of them find no more of the tuned questions and take longer. */
    private static final int PARAGRAPHS = 3;
    private static final int SHORTEST = 30;
    /** How a text becomes vectors; with another encoder another number, or those of earlier builds are kept. */
    private static final String RECIPE = "2 all-MiniLM-L6-v2, BF16\n";
    private static final Pattern BREAK = Pattern.compile("\n\\s*\n");
    private static final Pattern BLANK = Pattern.compile("\\s+");

    static Passages of(Topic topic, Optional<Article> article) {
        var texts = new ArrayList<String>();
        texts.add(topic.summary());
        for (var block : BREAK.split(article.map(Article::prose).orElse(""))) {
            var text = BLANK.matcher(block).replaceAll(" ").strip();
            if (text.length() >= SHORTEST && !text.startsWith("|") && texts.size() <= PARAGRAPHS) texts.add(text);
        }
        return new Passages(topic.title() + ". " + topic.summary(), List.copyOf(texts), String.join(". ", Asked.of(topic.slug())));
    }

    /** The beginning of the SHA-256 of the recipe and the text: where one of them changed there is another. */
    static long hash(String text) {
        try {
            return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest((RECIPE + text).getBytes(StandardCharsets.UTF_8))).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
