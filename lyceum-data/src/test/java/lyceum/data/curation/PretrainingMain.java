package lyceum.data.curation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;

/** Prints the hash of what is built, for a JVM of its own. */
final class PretrainingMain {
    private PretrainingMain() {}

    public static void main(String[] args) throws IOException { System.out.println("manifest " + hash(Path.of(args[0]))); }

    static String hash(Path folder) throws IOException {
        Files.createDirectories(folder);
        var brown = Corpus.of(CurationMain.corpus().subList(0, 250));
        return new PretrainingCorpus(CurationPipeline.standard("en")).withWeights(Map.of("brown", 0.6, "bible", 0.4)).withTokens(150_000)
                .withShardBytes(300_000).build(Map.of("brown", brown, "bible", Corpora.kingJames().limit(40)), folder).manifest().hash();
    }
}
