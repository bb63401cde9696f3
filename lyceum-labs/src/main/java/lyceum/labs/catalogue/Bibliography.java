package lyceum.labs.catalogue;

import java.text.Collator;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The sources of the articles, and which article links to which. */
public final class Bibliography {

    private static final Pattern PARTS = Pattern.compile("(?s)(.*?)\\((\\d{4})[a-z]?\\),? *(.*)");
    private static final Pattern ARXIV = Pattern.compile("arXiv:(\\d{4}\\.\\d{4,5})");
    private static final Pattern DOI = Pattern.compile("(?i)doi:\\s*(10\\.\\d{4,9}/[^\\s,;]+)");
    private static final int TITLE_LETTERS = 28;

    /**
     * A work.
     *
     * @param text     authors, year, title, where it appeared
     * @param address  where it can be read, if its text names an arXiv id or a DOI, else an empty text
     * @param citedBy  slugs of the topics whose articles name it
     */
    public record Work(String text, String address, List<String> citedBy) {}

    private final List<Work> works;
    private final Map<String, Set<String>> citedBy = new LinkedHashMap<>();

    private Bibliography(Collection<Article> articles) {
        var texts = new LinkedHashMap<String, String>();
        var topics = new LinkedHashMap<String, Set<String>>();
        for (var article : articles) {
            for (var source : article.sources()) {
                // One article names a chapter and another the book: the book is what both rest on.
                texts.merge(key(source), source, (a, b) -> a.length() <= b.length() ? a : b);
                topics.computeIfAbsent(key(source), k -> new LinkedHashSet<>()).add(article.slug());
            }
            article.links().forEach(slug -> citedBy.computeIfAbsent(slug, s -> new LinkedHashSet<>()).add(article.slug()));
        }
        var found = new ArrayList<Work>();
        texts.forEach((key, text) -> found.add(new Work(text, address(text), List.copyOf(topics.get(key)))));
        found.sort(Comparator.comparing(Work::text, Collator.getInstance(Locale.ROOT)::compare));
        works = List.copyOf(found);
    }

    /** What these articles rest on. */
    public static Bibliography of(Collection<Article> articles) { return new Bibliography(articles); }

    /** Every work, by its first author. */
    public List<Work> works() { return works; }

    /** Works by the first letter of their first author, in order; a letter with an accent counts without it. */
    public Map<String, List<Work>> byLetter() {
        var letters = new TreeMap<String, List<Work>>();
        works.forEach(
                w -> letters.computeIfAbsent(plain(w.text()).substring(0, 1).toUpperCase(Locale.ROOT), l -> new ArrayList<>()).add(w));
        return letters;
    }

    /** The topics whose articles link to this one, in the order of the articles. */
    public List<String> citedBy(String slug) { return List.copyOf(citedBy.getOrDefault(slug, Set.of())); }

    /** Where a work can be read, if its text says it; else an empty text. */
    public static String address(String text) {
        var arxiv = ARXIV.matcher(text);
        if (arxiv.find()) return "https://arxiv.org/abs/" + arxiv.group(1);
        var doi = DOI.matcher(text);
        return doi.find() ? "https://doi.org/" + doi.group(1).replaceAll("\\.$", "") : "";
    }

    /** The same for two ways of writing one work: first author, year and how its title begins. */
    private static String key(String source) {
        var m = PARTS.matcher(source);
        if (!m.matches()) return plain(source);
        var author = plain(m.group(1).split(",| and ")[0]);
        var title = plain(m.group(3).split("[,:]")[0]);
        return author + m.group(2) + title.substring(0, Math.min(TITLE_LETTERS, title.length()));
    }

    private static String plain(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFKD).replaceAll("[^\\p{L}\\p{N}]|\\p{M}", "").toLowerCase(Locale.ROOT);
    }
}
