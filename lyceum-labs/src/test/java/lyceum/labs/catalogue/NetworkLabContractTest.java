package lyceum.labs.catalogue;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Labs of networks, of models made of them and of language models. */
class NetworkLabContractTest {

    @TestFactory Stream<DynamicTest> everyLabKeepsTheContract() { return LabContract.tests(LabContractTest.NETWORKS); }
}
