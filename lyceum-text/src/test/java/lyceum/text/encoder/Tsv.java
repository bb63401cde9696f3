package lyceum.text.encoder;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import lyceum.text.count.Stems;

/** Hand-written texts under {@code meaning/}, a case a line. */
public final class Tsv {
    /** Words that carry little meaning of their own. */
    private static final Set<String> STOP = Set.copyOf(
            List.of(("a an and the of in on at to for with from by as is are was were be been being it its i you he she we they me him her "
                    + "us them my your his our their this that these those not no nor or but if so than then there here who whom whose which what when where how why all any "
                    + "some such into unto upon over under out up down off about against between through before after will shall would should may might can could do does did "
                    + "done has have had having one another other each own very more most only also just too will yet let s t")
                    .split(" ")));

    private Tsv() {}

    public static List<String[]> read(String name) {
        try (var in = Tsv.class.getResourceAsStream("/meaning/" + name + ".tsv")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().map(line -> line.split("\t")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stems of the words of a text that are no stop words. */
    public static Set<String> content(String text) {
        var words = new HashSet<String>();
        for (var word : text.toLowerCase(Locale.ROOT).split("[^a-z0-9]+"))
            if (!word.isEmpty() && !STOP.contains(word)) words.add(Stems.of(word));
        return words;
    }
}
