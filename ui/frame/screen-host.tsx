/**
 * A screen that stays mounted: hidden while another is shown, and then not rendered again.
 */
import { memo } from 'react';
import type { FC } from 'react';
import { Box } from 'ink';
import type { ScreenProps } from '../screen.ts';

interface HostProps {
  readonly component: FC<ScreenProps>;
  readonly props: ScreenProps;
}

/** The place of one screen. */
export const ScreenHost: FC<HostProps> = memo(
  function ScreenHost({ component: Component, props }: HostProps) {
    const { columns, rows } = props.size;
    return (
      <Box
        display={props.isActive ? 'flex' : 'none'}
        flexDirection="column"
        width={columns}
        height={rows}
        flexShrink={0}
        overflowY="hidden"
      >
        <Component {...props} />
      </Box>
    );
  },
  (before, after) => !before.props.isActive && !after.props.isActive,
);
