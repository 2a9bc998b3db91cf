package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same calls on the kernel and on ustack, in both modes: every result and every readiness must
 * be the same.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LinuxOracleTest {
  static Map<String, Consumer<Scene>> scenes() {
    final Map<String, Consumer<Scene>> all = new TreeMap<>();
    all.putAll(TcpScenes.all());
    all.putAll(UdpScenes.all());
    all.putAll(KindScenes.all());
    all.putAll(OptionSizeScenes.all());
    all.putAll(FaultScenes.all());
    all.putAll(DescriptorScenes.all());
    all.putAll(CounterScenes.all());
    all.putAll(LocalScenes.all());
    all.putAll(LocalPeerScenes.all());
    all.putAll(PollScenes.all());
    all.putAll(TimeoutScenes.all());
    all.putAll(LingerScenes.all());
    all.putAll(BindScenes.all());
    all.putAll(AutoBindScenes.all());
    all.putAll(TroubleScenes.all());
    all.putAll(TcpOptionScenes.all());
    all.putAll(EpollScenes.all());
    all.putAll(EpollNestingScenes.all());
    all.putAll(MessageScenes.all());
    all.putAll(ControlScenes.all());
    all.putAll(BroadcastScenes.all());
    all.putAll(ErrorQueueScenes.all());
    all.putAll(CorkScenes.all());
    all.putAll(FileScenes.all());
    all.putAll(UrgentScenes.all());
    all.putAll(NotSentScenes.all());
    all.putAll(UrgentCallScenes.all());
    all.putAll(ManyMessagesScenes.all());
    return all;
  }

  static Stream<Arguments> scenesInBothModes() {
    return scenes().entrySet().stream()
        .flatMap(
            scene ->
                Stream.of(Mode.values())
                    .map(mode -> Arguments.of(scene.getKey(), mode, scene.getValue())));
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("scenesInBothModes")
  void agreesWithLinux(final String name, final Mode mode, final Consumer<Scene> scene) {
    final String expected = play(scene, new KernelCalls());
    final String actual;
    try (Host host = new Host(mode)) {
      actual = play(scene, new StackCalls(host.posix));
    }
    assertEquals(expected, actual);
  }

  static String play(final Consumer<Scene> scene, final SocketCalls calls) {
    try (Scene stage = new Scene(calls)) {
      scene.accept(stage);
      return stage.transcript();
    }
  }
}
