package lyceum.labs.search;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StemmerTest {

    @Test void britishEndingsAreReadAsAmerican() {
        assertThat(Stemmer.stem("normalisation")).isEqualTo(Stemmer.stem("normalization")).isEqualTo(Stemmer.stem("normalised"));
        assertThat(Stemmer.stem("noise")).isEqualTo(Stemmer.stem("noises"));
    }

    @Test void shortWordsStay() { assertThat(Stemmer.stem("is") + Stemmer.stem("") + Stemmer.stem("l2")).isEqualTo("isl2"); }
}
