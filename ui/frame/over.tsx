/**
 * What lies over a screen: dialogs and help over its body, the prompt over the last lines.
 */
import type { FC } from 'react';
import { Box } from 'ink';
import { AskDialog, ChooseDialog, ShowDialog } from '../components/dialog.tsx';
import { Help } from '../components/help.tsx';
import { Prompt } from '../components/prompt.tsx';
import type { ActionCall } from '../hooks/use-actions.ts';
import { keyGroups } from '../keymap.ts';
import type { ScreenDefinition, ScreenSize } from '../screen.ts';
import type { Histories, OpenLayer } from './layers.ts';

/** A dialog or help over the body. */
export const Over: FC<{
  readonly open: OpenLayer;
  readonly size: ScreenSize;
  readonly screen: ScreenDefinition;
  readonly screens: readonly ScreenDefinition[];
  readonly onClose: () => void;
  readonly onRun: (action: string, call: ActionCall) => void;
}> = ({ open: { layer }, size, screen, screens, onClose, onRun }) => {
  switch (layer.kind) {
    case 'prompt':
      return null;
    case 'help':
      return (
        <Help
          title={screen.title}
          groups={keyGroups(screen, screens)}
          size={size}
          onDone={(row) => {
            onClose();
            if (row !== undefined) onRun(row.action, { count: undefined, argument: undefined });
          }}
        />
      );
    case 'ask':
      return (
        <AskDialog
          question={layer.question}
          size={size}
          onDone={(isYes) => {
            onClose();
            layer.answer(isYes);
          }}
        />
      );
    case 'choose':
      return (
        <ChooseDialog
          title={layer.title}
          choices={layer.choices}
          size={size}
          onDone={(choice) => {
            onClose();
            layer.answer(choice);
          }}
        />
      );
    case 'show':
      return <ShowDialog title={layer.title} lines={layer.lines} size={size} onDone={onClose} />;
  }
};

/** The prompt in the last two lines, its completions over the body. */
export const PromptPlace: FC<{
  readonly open: OpenLayer;
  readonly columns: number;
  readonly room: number;
  readonly histories: Histories;
  readonly onClose: () => void;
}> = ({ open: { layer }, columns, room, histories, onClose }) => {
  if (layer.kind !== 'prompt') return null;
  const { request } = layer;
  return (
    <Box height={2} flexShrink={0} width={columns}>
      <Box
        position="absolute"
        width={columns}
        height={room + 2}
        marginTop={-room}
        justifyContent="flex-end"
        flexDirection="column"
      >
        <Prompt
          request={request}
          columns={columns}
          room={room}
          history={histories.of(request.history)}
          onDone={(text) => {
            onClose();
            if (text === undefined) return;
            histories.add(request.history, text);
            request.submit(text);
          }}
        />
      </Box>
    </Box>
  );
};
