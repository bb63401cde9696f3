package lyceum.labs.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BibliographyTest {

    private static Article article(String slug, String sources, String text) { return new Article(slug, Map.of("sources", sources), text); }

    private static final Bibliography TWO = Bibliography.of(List.of(article("one",
            "Ørsted and Holm (2016), Deep Learning, MIT Press, section 8.5\nKingma and Ba (2015), Adam: A Method, ICLR, arXiv:1412.6980",
            "See [two](two)."),
            article("two", "Ørsted, Holm (2016), Deep learning, MIT Press\nÁbel (1999), A Title, doi:10.1000/x.5.",
                    "See [one](one), [one](one) and $f[a](b)$.")));

    @Test void oneWorkWrittenInTwoWaysIsOneWorkWithBothTopics() {
        assertThat(TWO.works()).extracting(Bibliography.Work::text).containsExactly("Ábel (1999), A Title, doi:10.1000/x.5.",
                "Kingma and Ba (2015), Adam: A Method, ICLR, arXiv:1412.6980", "Ørsted, Holm (2016), Deep learning, MIT Press");
        assertThat(TWO.works().getLast().citedBy()).containsExactly("one", "two");
        assertThat(TWO.byLetter().keySet()).first().isEqualTo("A");
    }

    @Test void arxivAndDoiAreAddresses() {
        assertThat(TWO.works()).extracting(Bibliography.Work::address).containsExactly("https://doi.org/10.1000/x.5",
                "https://arxiv.org/abs/1412.6980", "");
    }

    @Test void linksAreReadBackwards() {
        assertThat(TWO.citedBy("one")).containsExactly("two");
        assertThat(TWO.citedBy("two")).containsExactly("one");
        assertThat(TWO.citedBy("b")).isEmpty();
    }
}
