package lyceum.text;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import lyceum.data.corpus.Corpus;

/** Texts that trainers read. */
final class Texts {
    private Texts() {}

    /** The texts of a corpus, read once each time. */
    static Iterable<String> of(Corpus corpus) {
        return () -> {
            var reader = corpus.open();
            return new Iterator<>() {
                private String next = read();

                private String read() {
                    var document = reader.next();
                    if (document == null) reader.close();
                    return document == null ? null : document.text();
                }

                @Override public boolean hasNext() { return next != null; }

                @Override public String next() {
                    if (next == null) throw new NoSuchElementException();
                    var text = next;
                    next = read();
                    return text;
                }
            };
        };
    }

    /** Control tokens by name, with the roles that their names tell. */
    static SpecialTokens specials(List<String> names, SubwordModel model) {
        var added = new ArrayList<AddedToken>();
        for (var name : names) added.add(AddedToken.control(name, model.vocabulary().id(name)));
        return TokenizerJson.roles(new SpecialTokens(added), model.unknown(), null);
    }
}
