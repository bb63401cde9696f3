package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lyceum.data.corpus.CorpusReader;
import lyceum.data.corpus.Document;

/** Texts that a command is given: files and folders of them. */
final class Documents {
    private Documents() {}

    /** All of them in memory. */
    static List<Document> all(List<Path> paths) throws IOException {
        var all = new ArrayList<Document>();
        try (var reader = new CorpusReader().paths(paths).open()) {
            for (var document = reader.next(); document != null; document = reader.next()) all.add(document);
        }
        if (all.isEmpty()) throw new IOException(paths + ": there is no text");
        return all;
    }
}
