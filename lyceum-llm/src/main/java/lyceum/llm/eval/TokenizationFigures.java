package lyceum.llm.eval;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeSet;
import lyceum.random.Rng;
import lyceum.text.Tokenizer;
import lyceum.text.lm.LanguageModel;

/** What can be compared between models that cut text differently: each figure is about the text, not about tokens. */
public final class TokenizationFigures {
    private TokenizationFigures() {}

    /**
     * {@code -log2 p} of all texts over their bytes in UTF-8. A model with a start mark is asked for every token; one without is given each text's first token, which
     * flatters large pieces.
     */
    public static double bitsPerByte(LanguageModel model, Tokenizer tokenizer, List<String> texts) {
        double nats = 0;
        long bytes = 0;
        for (double score : model.scores(texts.stream().map(tokenizer::ids).toList())) nats -= score;
        for (var text : texts) bytes += text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0) throw new IllegalArgumentException("bitsPerByte: " + texts.size() + " texts without a byte");
        return nats / bytes / Math.log(2);
    }

    /**
     * How well cuts inside words fall on those between morphemes: F1 over all words, 1 where they are the same.
     *
     * @param words such as {@code "un|happi|ness"}; each is encoded with a space before it, as within a text
     */
    public static double boundaryAgreement(Tokenizer tokenizer, List<String> words) {
        long both = 0, ours = 0, theirs = 0;
        for (var word : words) {
            var morphemes = new TreeSet<Integer>();
            var bare = new StringBuilder(" ");
            for (var part : word.split("\\|")) {
                morphemes.add(bare.length());
                bare.append(part);
            }
            morphemes.remove(1);
            var encoding = tokenizer.encode(bare.toString());
            var cuts = new TreeSet<Integer>();
            for (int t = 0; t < encoding.size(); t++) if (!encoding.isSpecial(t) && encoding.start(t) > 1) cuts.add(encoding.start(t));
            ours += cuts.size();
            theirs += morphemes.size();
            cuts.retainAll(morphemes);
            both += cuts.size();
        }
        return ours + theirs == 0 ? 1 : 2.0 * both / (ours + theirs);
    }

    /** One letter of a text, drawn, becomes another letter of a to z in the same case. @throws IllegalArgumentException if the text has no letter of a to z */
    public static String withTypo(String text, Rng rng) {
        int[] places = text.chars().map(c -> c | 32).toArray();
        int letters = 0;
        for (int i = 0; i < places.length; i++)
            if (places[i] >= 'a' && places[i] <= 'z' && Character.isLetter(text.charAt(i))) places[letters++] = i;
        if (letters == 0) throw new IllegalArgumentException("withTypo: no letter of a to z in \"" + text + "\"");
        int at = places[rng.nextInt(letters)];
        char was = text.charAt(at), first = Character.isUpperCase(was) ? 'A' : 'a';
        char becomes = (char) (first + (was - first + 1 + rng.nextInt(25)) % 26);
        return text.substring(0, at) + becomes + text.substring(at + 1);
    }

    /** By how many nats each text becomes less likely when it is misspelled. @param typos the texts with their mistakes */
    public static double[] typoCosts(LanguageModel model, Tokenizer tokenizer, List<String> texts, List<String> typos) {
        if (texts.size() != typos.size())
            throw new IllegalArgumentException("typoCosts: " + texts.size() + " texts and " + typos.size() + " misspelled ones");
        double[] right = model.scores(texts.stream().map(tokenizer::ids).toList()),
                wrong = model.scores(typos.stream().map(tokenizer::ids).toList());
        for (int i = 0; i < right.length; i++) right[i] -= wrong[i];
        return right;
    }
}
